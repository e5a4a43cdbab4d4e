"""Invented agencies of the demo's county. Their numbers are nobody's; the national hotlines ship."""

from collections.abc import Mapping

from .people import COUNTY

# Who works for which is in `deploy.cast`: username of the partner account by agency.
AGENCIES: tuple[Mapping[str, str], ...] = (
    {
        "name": "示例县人民医院康复科", "kind": "health", "division": COUNTY,
        "phone": "0855-0000101", "hours": "8:30–17:30", "offers": "儿童康复评估与训练",
    },
    {
        "name": "示例县教育局控辍保学专班", "kind": "education", "division": COUNTY,
        "phone": "0855-0000102", "hours": "工作日", "offers": "劝返复学、送教上门、资助",
    },
    {
        "name": "示例县未成年人救助保护中心", "kind": "rescue_institution", "division": COUNTY,
        "phone": "0855-0000103", "hours": "24 小时", "offers": "临时监护、救助、心理支持",
    },
    {
        "name": "示例县法律援助中心", "kind": "legal_aid", "division": COUNTY,
        "phone": "0855-0000104", "hours": "工作日", "offers": "法律咨询、代理监护权案件",
    },
    {
        "name": "清水江社会工作服务中心", "kind": "organisation", "division": COUNTY,
        "phone": "0855-0000105", "hours": "周一至周六", "offers": "个案辅导、四点半课堂",
    },
)  # fmt: skip

# What rules tell a supervisor to call: name, kind, hours. The county's, and those that each township has.
OF_THE_COUNTY = (
    ("示例县民政局儿童福利科", "civil_affairs", "工作日 8:30–17:30"),
    ("示例县公安局", "police", "24 小时"),
    ("示例县人民法院", "court", "工作日"),
    ("示例县人民检察院未检办", "procuratorate", "工作日"),
    ("示例县残疾人联合会", "disabled_federation", "工作日"),
)
OF_A_TOWNSHIP = (
    ("社会事务办（救助窗口）", "civil_affairs", "工作日 8:30–17:30"),
    ("派出所（户籍窗口）", "police_station", "24 小时；户籍窗口工作日"),
    ("卫生院", "clinic", "24 小时"),
    ("中心学校", "school", "上学日"),
)


def lines(places: Mapping[str, str]) -> list[dict[str, str]]:
    """The offices of the county and of each of its townships; `places` are names by division code."""
    townships = sorted(code for code in places if len(code) == 9)
    named = [(COUNTY, name, kind, hours) for name, kind, hours in OF_THE_COUNTY]
    named += [
        (code, places[code] + name, kind, hours)
        for code in townships
        for name, kind, hours in OF_A_TOWNSHIP
    ]
    return [
        {
            "name": name, "kind": kind, "division": division, "phone": f"0855-0000{number}",
            "hours": hours,
        }
        for number, (division, name, kind, hours) in enumerate(named, start=201)
    ]  # fmt: skip
