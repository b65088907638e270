import pickle

import bureau.errors
from bureau.errors import BureauError, DeliveryRefused


def test_a_refusal_crosses_a_process_boundary_whole() -> None:
    error = DeliveryRefused("f.csv", "a rule", "a remedy", "C")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert str(again) == str(error) == "f.csv, column C: a rule; a remedy (nothing was loaded)"
    assert (again.file, again.rule, again.remedy, again.column) == ("f.csv", "a rule", "a remedy", "C")


def test_all_names_are_the_public_errors() -> None:
    public = {
        name
        for name, value in vars(bureau.errors).items()
        if isinstance(value, type) and issubclass(value, BureauError)
    }
    assert public == set(bureau.errors.__all__)
