"""Who logs in at the demo's county, and at the one beside it that must see nothing of it."""

from dataclasses import dataclass

from deploy.demo_data.people import COUNTY

OTHER_COUNTY = "522629"


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    name: str
    role: str
    prefix: str
    what: str
    phone: str = ""


ADMINISTRATORS = (
    Account("admin", "田管理员", "administrator", COUNTY, "系统管理员 administrator"),
    Account("admin2", "吴管理员", "administrator", OTHER_COUNTY, "邻县管理员 the other county's"),
    # Two, because national rules come into force by a second person's approval.
    Account("province", "陈省管", "administrator", COUNTY[:2], "省级管理员 the province's"),
    Account("province2", "周省管", "administrator", COUNTY[:2], "省级管理员 the province's second"),
)
DESKS = (
    Account(
        "officer", "杨晓梅", "county_officer", COUNTY, "县民政局 county officer", "19000000101"
    ),
    Account(
        "officer2", "张国强", "county_officer", COUNTY, "县民政局 county officer", "19000000102"
    ),
    Account("lead", "龙建平", "county_lead", COUNTY, "科室负责人 county lead", "19000000103"),
    Account("auditor", "李审计", "auditor", COUNTY, "审计员 auditor"),
)
# With the agency that each of them works for.
PARTNERS = (
    (
        Account("clinic", "欧医生", "partner_worker", COUNTY, "县医院 partner: hospital"),
        "示例县人民医院康复科",
    ),
    (
        Account("school", "万老师", "partner_worker", COUNTY, "县教育局 partner: education"),
        "示例县教育局控辍保学专班",
    ),
)
OTHER_DESKS = (Account("neighbour", "潘丽", "county_officer", OTHER_COUNTY, "邻县 other county"),)


def township(number: int, code: str, place: str) -> Account:
    """The township supervisor of one township; the first is called `township`."""
    username = "township" if number == 1 else f"township{number}"
    return Account(
        username, f"{place[:2]}督导员", "township_supervisor", code, f"{place} township",
        phone=f"190000002{number:02}",
    )  # fmt: skip
