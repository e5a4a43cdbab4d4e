"""What can be wrong with a roster: stable code → what to do, in both languages.

`{value}` is what the cell says, `{hint}` the nearest thing we know.
"""

from collections.abc import Mapping

MESSAGES: Mapping[str, Mapping[str, str]] = {
    # The file
    "roster.header_missing": {
        "zh": "没有找到表头。请保留含有“姓名”“身份证号”“村（居）”等列名的一行。",
        "en": "No header row was found. Keep the row with 姓名, 身份证号, 村（居） and the other headings.",
    },
    "roster.column_missing": {
        "zh": "缺少“{value}”列。请补上该列表头。",
        "en": "The column “{value}” is missing. Add it to the header row.",
    },
    "roster.column_renamed": {
        "zh": "缺少“{value}”列。是不是“{hint}”？请改为“{value}”。",
        "en": "The column “{value}” is missing. Is it “{hint}”? Rename that one.",
    },
    "roster.column_unknown": {
        "zh": "不认识“{value}”列。其内容随儿童保存，但不进入任何栏目。",
        "en": "The column “{value}” is not known. What it says is kept with the child and fills no field.",
    },
    "roster.column_unlike": {
        "zh": "不认识“{value}”列。如果是“{hint}”，请改名；否则内容只随儿童保存。",
        "en": "The column “{value}” is not known. If it means “{hint}”, rename it; else it is only kept.",
    },
    # A row that cannot be imported
    "roster.name_missing": {
        "zh": "姓名为空。请填写姓名。",
        "en": "The name is empty. Fill it in.",
    },
    "roster.village_missing": {
        "zh": "没有填写村（居）。请填写村名或 12 位区划代码。",
        "en": "The village is empty. Give its name or its 12-digit code.",
    },
    "roster.village_outside": {
        "zh": "“{value}”不在您的管辖范围内。请由当地录入。",
        "en": "“{value}” is outside your area. Leave the row to whoever works there.",
    },
    "roster.village_unknown": {
        "zh": "没有名为“{value}”的村或社区。请填写全称或 12 位区划代码。",
        "en": "There is no village “{value}”. Give the full name or the 12-digit code.",
    },
    "roster.village_ambiguous": {
        "zh": "有几个村或社区都叫“{value}”。请填写乡镇，或 12 位区划代码。",
        "en": "Several villages are called “{value}”. Give the township, or the 12-digit code.",
    },
    "roster.row_refused": {
        "zh": "这一行没有写入（{hint}）。请稍后重新导入；已导入的行不会重复。",
        "en": "This row was not written ({hint}). Import again later; what is in will not come twice.",
    },
    # A row that is imported, with something to look at
    "roster.village_township": {
        "zh": "该乡镇没有名为“{value}”的村或社区，已暂记在乡镇。是不是“{hint}”？",
        "en": "The township has no village “{value}”; the child is filed under the township. Is it “{hint}”?",
    },
    "roster.id_invalid": {
        "zh": "身份证号不正确。请与户口簿核对；没有身份证号的请留空。",
        "en": "The ID number is wrong. Compare it with the household book; leave it empty if there is none.",
    },
    "roster.id_rounded": {
        "zh": "身份证号被 Excel 当作数字，末几位已丢失。请把该列设为文本后重新填写。",
        "en": "Excel took the ID number for a number and lost its last digits. Make the column text, type it again.",
    },
    "roster.id_adult": {
        "zh": "身份证号的出生年份是 {hint} 年，不是儿童。请与户口簿核对。",
        "en": "By the ID number the child was born in {hint}. Compare it with the household book.",
    },
    "roster.id_date": {
        "zh": "出生日期“{value}”与身份证号（{hint}）不符，已按身份证号记录。请核对。",
        "en": "The birth date “{value}” is not that of the ID number ({hint}), which was taken. Compare them.",
    },
    "roster.id_sex": {
        "zh": "性别“{value}”与身份证号不符，已按身份证号记录。请核对。",
        "en": "The sex “{value}” is not that of the ID number, which was taken. Compare them.",
    },
    "roster.date_invalid": {
        "zh": "“{value}”不是日期。请按 2015-03-28 的格式填写。",
        "en": "“{value}” is not a date. Write it like 2015-03-28.",
    },
    "roster.date_partial": {
        "zh": "“{value}”没有写明哪一天。请按 2015-03-28 的格式填写。",
        "en": "“{value}” does not say the day. Write it like 2015-03-28.",
    },
    "roster.date_future": {
        "zh": "日期 {value} 在今天之后。请核对。",
        "en": "The date {value} is in the future. Check it.",
    },
    "roster.phone_invalid": {
        "zh": "“{value}”不是电话号码。请填写 11 位手机号。",
        "en": "“{value}” is not a phone number. Give the 11 digits of a mobile phone.",
    },
    "roster.phone_several": {
        "zh": "一格里有几个号码，已采用 {hint}。其余的请填到备注。",
        "en": "The cell holds several numbers; {hint} was taken. Put the others into the note.",
    },
    "roster.word_unknown": {
        "zh": "不认识“{value}”。可填：{hint}。",
        "en": "“{value}” is not known. Choose from: {hint}.",
    },
    "roster.supervisor_unknown": {
        "zh": "没有找到该村的儿童主任“{value}”，该儿童暂未分配。请先建立人员，再分配。",
        "en": "No supervisor “{value}” works in that village; the child is not assigned. Add the person, then assign.",
    },
    "roster.supervisor_instead": {
        "zh": "没有找到该村的儿童主任“{value}”，已分配给该村唯一的儿童主任{hint}。",
        "en": "No supervisor “{value}” works in that village; assigned to {hint}, who alone does.",
    },
    "roster.supervisor_other": {
        "zh": "该儿童现由他人负责，导入不改变分配。需要变动时请使用移交。",
        "en": "Somebody else covers the child; an import changes nothing there. Hand the child over.",
    },
    "roster.unassigned": {
        "zh": "没有写明儿童主任，该村也没有唯一的儿童主任，该儿童暂未分配。",
        "en": "No supervisor is named and the village has not exactly one; the child is not assigned.",
    },
    "roster.sibling_differs": {
        "zh": "同一户另一行写的是“{hint}”，这里是“{value}”。已采用前者，请核对。",
        "en": "Another row of the household says “{hint}”, this one “{value}”; the first was taken. Compare.",
    },
    # Rows about one child
    "roster.same_child": {
        "zh": "与第 {hint} 行是同一儿童（身份证号相同），未重复建档，请人工核对两行的差异。",
        "en": "The same child as row {hint} (same ID number), not filed twice; compare what the two rows say.",
    },
    "roster.same_row": {
        "zh": "与第 {hint} 行内容完全相同，未重复建档。",
        "en": "Says the same as row {hint}; not filed twice.",
    },
    "roster.likely_same": {
        "zh": "可能与{hint}是同一儿童。已分别建档，请人工核对。",
        "en": "May be the same child as {hint}. Both are filed; somebody must look.",
    },
}
