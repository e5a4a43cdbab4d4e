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
