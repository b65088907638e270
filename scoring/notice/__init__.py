"""Letters that tell a person of a decision: what they must say, in which words, and by when.

:mod:`scoring.notice.rules` holds what each jurisdiction asks for, as dated configuration;
:mod:`scoring.notice.content` makes a letter of it and of the facts of one decision, and refuses if
an element is missing; :mod:`scoring.notice.html` and :mod:`scoring.notice.pdf` write the letter.
"""
