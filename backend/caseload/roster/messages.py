"""What can be wrong with a roster: stable code → what to do, in both languages."""

MESSAGES = {
    "roster.column_missing": {
        "zh": "缺少“{value}”列。请补上该列表头。",
        "en": "The column “{value}” is missing. Add it to the header row.",
    },
    "roster.name_missing": {
        "zh": "姓名为空。请填写姓名。",
        "en": "The name is empty. Fill it in.",
    },
    "roster.id_invalid": {
        "zh": "身份证号不正确。请与户口簿核对；没有身份证号的请留空。",
        "en": "The ID number is wrong. Compare it with the household book; leave it empty if there is none.",
    },
    "roster.date_invalid": {
        "zh": "“{value}”不是日期。请按 2015-03-28 的格式填写。",
        "en": "“{value}” is not a date. Write it like 2015-03-28.",
    },
    "roster.date_future": {
        "zh": "出生日期 {value} 在今天之后。请核对。",
        "en": "The birth date {value} is in the future. Check it.",
    },
    "roster.village_unknown": {
        "zh": "没有名为“{value}”的村或社区，或者有重名。请填写全称或 12 位区划代码。",
        "en": "No village “{value}”, or more than one. Give the full name or the 12-digit code.",
    },
    "roster.phone_invalid": {
        "zh": "“{value}”不是电话号码。请填写 11 位手机号。",
        "en": "“{value}” is not a phone number. Give the 11 digits of a mobile phone.",
    },
}
