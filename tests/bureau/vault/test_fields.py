"""Every identity field is declared, and nothing is kept without a purpose, a basis and an end."""

from __future__ import annotations

from bureau.kinds.identity import identity_columns
from bureau.vault.fields import IDENTITY_FIELDS, JURISDICTIONS, SPECIAL_CATEGORIES


def test_every_field_of_an_identity_is_declared() -> None:
    assert list(IDENTITY_FIELDS) == [
        "surname", "first_name", "middle_name", "generation", "birth_date", "national_number", "phone", "email",
        "address", "city", "region", "postcode", "country", "employer",
    ]  # fmt: skip
    assert {column.name for column in identity_columns()} == set(IDENTITY_FIELDS)


def test_a_declaration_is_complete() -> None:
    for name, field in IDENTITY_FIELDS.items():
        assert field.name == name
        assert field.meaning
        assert field.purpose
        assert tuple(field.lawful_basis) == tuple(field.retention) == JURISDICTIONS
        assert all(field.lawful_basis.values())
        assert all(field.retention.values())
        assert not field.special


def test_special_categories_name_what_forbids_them() -> None:
    assert {"religion", "genes", "biometrics", "blood type", "health"} <= set(SPECIAL_CATEGORIES)
    for name, category in SPECIAL_CATEGORIES.items():
        assert category.name == name
        assert category.meaning
        assert category.forbidden_by
    china = {
        name for name, each in SPECIAL_CATEGORIES.items() if any("CIR Art. 14" in law for law in each.forbidden_by)
    }
    assert china == {"religion", "genes", "biometrics", "blood type", "health"}
