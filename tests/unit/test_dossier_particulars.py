"""What a dossier says of a child, a household and an adult, in words a court reads."""

from backend.caseload.roster.columns import columns
from backend.dossier import particulars
from fieldforms.vocabulary import codes


def test_dossier_particulars_are_words_and_no_codes() -> None:
    said = dict(
        particulars.lines(
            {
                "categories": {"LEFT_BEHIND": {}, "DIFF_POVERTY": {}},
                "disabilities": {"hearing": {"grade": "2"}},
                "school": {"name": "平秋小学", "grade": "二年级"},
                "hukou": {"address": "平秋村"},
                "life_cycle": {"status": "registered"},
                "boarding": "no",
                "household": "01a2", "unread": ["x"], "phone": "",
            }
        )
    )  # fmt: skip
    assert said["类别"] == "农村留守儿童、家庭贫困"
    assert said["残疾"].startswith("听力（等级：")
    assert said["就学"] == "学校：平秋小学；年级：二年级"
    assert said["在册状态"] == "状态：在册"
    assert said["是否寄宿"] == "否"
    assert len(said) == 6


def test_dossier_particulars_tell_where_a_parent_is() -> None:
    said = particulars.lines({"status": "imprisoned_six_months", "place": "广东"}, of="whereabouts")
    assert said == [("状态", "服刑或强制措施六个月以上"), ("地点", "广东")]


def test_dossier_has_a_name_for_every_member_that_a_roster_fills_in() -> None:
    members = {part for column in columns().values() for part in column.to[1:]}
    assert members <= set(codes("file_field"))
