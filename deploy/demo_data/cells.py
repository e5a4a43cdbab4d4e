"""A family and one of its children as the cells of a row, in the words a county writes."""

from random import Random
from typing import Any

from fieldforms.vocabulary import label

from .families import Adult, Child, Family

_NOTES = {
    ("dead", "dead"): "父母双亡，由亲属抚养",
    ("dead", "missing"): "父亡，母离家失联",
    ("dead", "out_of_contact_six_months"): "父亡，母改嫁后失联",
    ("imprisoned_six_months", "out_of_contact_six_months"): "父服刑，母离家出走",
}
# A family calls the parents' parents by one word for each side; the vocabulary keeps one code.
_SHORT = {
    "LEFT_BEHIND": "留守儿童", "DE_FACTO_UNATTENDED": "事实无人抚养",
    "DIFF_DISABILITY": "残疾儿童", "DIFF_POVERTY": "困境儿童（家庭贫困）",
}  # fmt: skip


def cells(family: Family, child: Child, random: Random) -> dict[str, Any]:
    """By column key; a date stays a date."""
    kind, grade = child.disability or ("", "")
    study = child.schooling
    return {
        "name": child.name,
        "sex": _said("sex", child.sex),
        "ethnicity": random.choices(["苗族", "侗族", "汉族"], [92, 4, 4])[0],
        "id_number": child.number,
        "birth_date": child.born,
        "hukou_registered": "是",
        "hukou_type": _said("hukou_type", "rural"),
        "hukou_address": f"贵州省台江县{family.address}",
        "address": family.address,
        "categories": "、".join(_category(code, random) for code in child.categories),
        "health": _said("health", child.health),
        "disability_type": _said("disability_type", kind),
        "disability_grade": _said("disability_grade", grade),
        "school_status": _said("school_status", study.status),
        "school": study.school,
        "grade": study.grade,
        "boarding": "是" if study.boarding else "否",
        "aid": "、".join(_said("aid", code) for code in child.aid) or "无",
        "care_reason": _said("care_reason", family.care_reason),
        "actual_carer": _said("actual_carer", family.carer),
        "guardianship_capacity": _said("guardianship_capacity", family.capacity),
        "guardianship_rating": _said("guardianship_rating", family.rating),
        "risk_level": _said("risk_level", child.risk),
        "income_source": _said("income_source", family.income),
        "note": child.note or _NOTES.get((family.father.status, family.mother.status), ""),
        **_guardian(family, random),
        **_parent("father", family.father),
        **_parent("mother", family.mother),
    }


def _guardian(family: Family, random: Random) -> dict[str, Any]:
    words = {"grandmother": ("奶奶", "祖母"), "grandfather": ("爷爷", "祖父")}
    told = _said("relationship", family.relationship)
    return {
        "guardian_name": family.guardian.name,
        "guardian_relationship": random.choice(words.get(family.relationship, (told,))),
        "guardian_id": family.guardian.number,
        "guardian_phone": family.guardian.phone,
    }


def _parent(which: str, adult: Adult) -> dict[str, Any]:
    present = "外出务工" if adult.place else "在家"
    return {
        f"{which}_name": adult.name,
        f"{which}_id": adult.number,
        f"{which}_phone": adult.phone,
        f"{which}_status": present if adult.status == "present" else _said("parent_status", adult.status),
        f"{which}_place": adult.place,
        f"{which}_since": adult.since,
    }  # fmt: skip


def _category(code: str, random: Random) -> str:
    short = _SHORT.get(code)
    return short if short and random.random() < 0.3 else _said("category", code)


def _said(vocabulary: str, code: str) -> str:
    return label(vocabulary, code, "zh") if code else ""
