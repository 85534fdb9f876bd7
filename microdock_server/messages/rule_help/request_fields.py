"""Help about rules for the fields of requests: presence, types, sizes, characters."""

from __future__ import annotations

from typing import Final

from .shared import REFUSED, RuleHelp

REQUEST_FIELDS: Final[dict[str, RuleHelp]] = {
    "required": RuleHelp(
        ("缺少必填的字段", "A required field is missing"),
        (
            "请求里没有这个字段，而它必须有。字段名区分大小写。",
            "The request does not have this field, which it must have. Names of fields are case-sensitive.",
        ),
        REFUSED,
        (
            "按接口文档补上该字段，检查拼写。",
            "Add the field as the API's document describes it, and check its spelling.",
        ),
    ),
    "null": RuleHelp(
        ("字段不能为 null", "A field must not be null"),
        ("字段的值是 null，而它必须有值。", "The field's value is null, and it needs one."),
        REFUSED,
        (
            "给出一个值；不想改变它就不要发送该字段。",
            "Give a value, or leave the field out where it is not to change.",
        ),
    ),
    "string": RuleHelp(
        ("必须是字符串", "It has to be a string"),
        ("字段的值是数字、布尔值、数组或对象。", "The value is a number, a boolean, a list or an object."),
        REFUSED,
        ("给值加上双引号。", "Put the value in double quotes."),
    ),
    "integer": RuleHelp(
        ("必须是整数", "It has to be an integer"),
        (
            "字段的值不是整数，例如是小数、文本或布尔值。",
            "The value is no integer: it has decimals, or is a text or a boolean.",
        ),
        REFUSED,
        ("发送不带引号和小数点的数字。", "Send a number without quotes or decimals."),
    ),
    "boolean": RuleHelp(
        ("必须是 true 或 false", "It has to be true or false"),
        ('字段的值不是布尔值，例如写成了 "yes" 或 1。', 'The value is no boolean, but "yes" or 1 for example.'),
        REFUSED,
        ("发送 true 或 false，在 JSON 中不加引号。", "Send true or false, without quotes in JSON."),
    ),
    "list": RuleHelp(
        ("必须是数组", "It has to be a list"),
        (
            "字段的值不是数组，常见的是只有一项时省去了方括号。",
            "The value is no list; often the brackets were left out around a single item.",
        ),
        REFUSED,
        ("用方括号包住，一项也要。", "Put it in square brackets, even a single item."),
    ),
    "object": RuleHelp(
        ("必须是对象", "It has to be an object"),
        (
            "请求正文或字段应是 JSON 对象，收到的是别的值。",
            "The body or the field should be a JSON object and is something else.",
        ),
        REFUSED,
        ("用大括号写成名称和值。", "Write names and values in curly brackets."),
    ),
    "unknown": RuleHelp(
        ("未知的字段", "An unknown field"),
        (
            "请求里有接口不认识的字段，多半是拼写错误，或是写给另一个接口的。",
            "The request has a field that this endpoint does not know; it is misspelled, or belongs to "
            "another endpoint.",
        ),
        REFUSED,
        ("对照接口文档改正名称，或删去该字段。", "Compare it with the API's document, and correct or remove it."),
    ),
    "length": RuleHelp(
        ("长度不对", "The wrong length"),
        (
            "文本太短或太长，提示中写明了允许的范围。",
            "The text is too short or too long; the message says what is allowed.",
        ),
        REFUSED,
        ("把文本改到允许的长度。", "Bring the text to that length."),
    ),
    "range": RuleHelp(
        ("数值超出范围", "The number is out of range"),
        ("数值小于或大于允许的范围，提示中写明了上下限。", "The number is below or above what the message allows."),
        REFUSED,
        ("发送范围内的数值。", "Send a number within these bounds."),
    ),
    "too_many": RuleHelp(
        ("项数过多", "Too many items"),
        ("数组或对象的项数超过了提示中的上限。", "The list or object has more items than the message allows."),
        REFUSED,
        ("减少项数，或分多次请求。", "Send fewer, or make several requests."),
    ),
    "empty": RuleHelp(
        ("至少需要一项", "At least one is needed"),
        (
            "数组或对象是空的，而这个操作至少需要一项。",
            "The list or object is empty, and this needs at least one item.",
        ),
        REFUSED,
        ("给出至少一项。", "Give at least one."),
    ),
    "twice": RuleHelp(
        ("重复出现", "It stands here twice"),
        (
            "同一个名称在请求里出现了两次（不区分大小写），两处可能矛盾。",
            "The same name stands in the request twice, ignoring case, and the two could contradict each other.",
        ),
        REFUSED,
        ("只保留一个。", "Keep one of them."),
    ),
    "characters": RuleHelp(
        ("含有不允许的字符", "Characters that are not allowed"),
        (
            "文本含有空字符、控制字符、不成对的代理字符，或不符合这个字段的格式。",
            "The text holds NUL, control characters or half a character, or does not have the form that this "
            "field needs.",
        ),
        REFUSED,
        (
            "删去这些字符；从别处复制的文本，请重新手动输入。",
            "Remove them; type text anew that was copied from elsewhere.",
        ),
    ),
    "choice": RuleHelp(
        ("不在可选的值里", "Not one of the choices"),
        (
            "字段只接受提示中列出的值，收到的是别的。值区分大小写。",
            "The field takes the values in the message only, in exactly their case.",
        ),
        REFUSED,
        ("从列出的值中选一个。", "Choose one of those listed."),
    ),
    "invisible": RuleHelp(
        ("没有可见的字符", "Nothing that can be seen"),
        ("文本只由空白或不可见的字符组成。", "The text consists of blanks or invisible characters only."),
        REFUSED,
        ("写一些看得见的内容。", "Write something that can be seen."),
    ),
    "bidi": RuleHelp(
        ("含有改变文字方向的字符", "It changes the direction of text"),
        (
            "单行的名称里有改变文字方向的 Unicode 控制字符，显示的顺序会与实际不同。",
            "A name of one line holds a Unicode control that changes the direction of text, so that it is "
            "shown in another order than it is written.",
        ),
        REFUSED,
        ("删去这些字符，把名称重新手动输入一遍。", "Remove it by typing the name anew."),
    ),
    "bidi_prose": RuleHelp(
        ("强制改变了文字方向", "It overrides the direction of text"),
        (
            "正文含有强制改变方向的字符，或嵌入、隔离字符没有成对结束，后面的页面内容也会被打乱。",
            "The text holds an override, or an embedding or isolate that does not end, and would turn around "
            "what follows it on a page.",
        ),
        REFUSED,
        ("删去这些字符，或补上结束字符。", "Remove them, or end each one."),
    ),
}
