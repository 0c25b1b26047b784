"""What a person reads: every code in plain English and Chinese, with what to do. No jargon, no traceback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """What happened and what to do, for one code."""

    en: str
    zh: str
    todo_en: str
    todo_zh: str


def words(code: str, held: str = "", **places: str) -> Words:
    """The words for `code`; codes of the vendor that are not listed get honest general ones, or those of a hold.

    `held` is why the job is held, and `places` fills names into the text: `route`.
    """
    found = _WORDS.get(code) or _by_prefix(code, _PREFIXES) or _by_prefix(held, _HOLDS) or _GENERAL
    fill = {"code": code, "route": "default", **places}
    return Words(*(text.format(**fill) for text in (found.en, found.zh, found.todo_en, found.todo_zh)))


def _by_prefix(text: str, table: Mapping[str, Words]) -> Words | None:
    return next((found for prefix, found in table.items() if text.startswith(prefix)), None)


_DROP_ANOTHER = ("Drop another photo.", "请换一张照片。")
_DROP_AGAIN = ("Drop the photo again in a little while.", "请稍后重新放入这张照片。")
_NOTHING = ("Nothing: this photo goes on by itself.", "无需操作：之后会自动继续。")

_NO_FACE = Words(
    "We could not find a face in this photo.",
    "这张照片里没有找到人脸。",
    "Drop a photo with one clear, front-facing face. If every photo of this route is refused, look at its template.",
    "请放入一张清晰的正面人像。如果这一路线的照片全都被拒绝，请检查模板图片。",
)
_NO_IMAGE = Words(
    "This file is not a picture we can read.",
    "这个文件不是可以读取的图片。",
    "Drop a JPEG, PNG, WebP, BMP, TIFF or HEIC photo.",
    "请放入 JPEG、PNG、WebP、BMP、TIFF 或 HEIC 格式的照片。",
)
_NO_FETCH = Words("The service could not fetch this photo.", "服务无法获取这张照片。", *_DROP_AGAIN)
_CHECKED = Words("The service's content check refused this photo or its result.", "内容审核未通过。", *_DROP_ANOTHER)
_TOO_LARGE = Words(
    "This photo is too large to be processed (over 20 MB, or over 30,000 pixels on one side).",
    "这张照片太大，无法处理（超过 20 MB，或某一边超过 30000 像素）。",
    "Drop a smaller version of it.",
    "请放入尺寸更小的版本。",
)
_ACCOUNT_EN = "The booth's operator has to look at the account first; this photo is not at fault."
_ACCOUNT_ZH = "需要运营者先检查账号；这张照片没有问题。"
_GENERAL = Words(
    "The portrait could not be made (the service said {code}).",
    "肖像未能生成（服务返回 {code}）。",
    *_DROP_AGAIN,
)

_WORDS = {
    # --- the photo ---
    "BadKey": Words(
        "This file name cannot be used: it is too long, or contains '..', an empty folder or a control character.",
        "文件名无法使用：太长，或含有“..”、空文件夹名或控制字符。",
        "Give the photo a shorter, plainer name and drop it again.",
        "请换一个更短、更简单的文件名后重新放入。",
    ),
    "EmptyFile": Words("This file is empty.", "这个文件是空的。", "Upload the photo again.", "请重新上传照片。"),
    "NotAnImage": _NO_IMAGE,
    "TooLarge": _TOO_LARGE,
    "InvalidPerson": _NO_FACE,
    "InvalidImage.NoHumanFace": _NO_FACE,
    "InvalidImageResolution": Words(
        "The service finds this photo too large or too small.",
        "服务认为这张照片的分辨率过大或过小。",
        "Drop a photo between 256 and 5,760 pixels wide.",
        "请放入宽度在 256 到 5760 像素之间的照片。",
    ),
    "DataInspectionFailed": _CHECKED,
    "CustomRoleBlocked": _CHECKED,
    "FaqRuleBlocked": _CHECKED,
    "IPInfringementSuspect": Words(
        "The service suspects that a picture infringes somebody's rights; it may be the template.",
        "服务怀疑图片涉及侵权，也可能是模板图片。",
        *_DROP_ANOTHER,
    ),
    # --- the result ---
    "ResultLost": Words(
        "The portrait was made but could not be saved before the service deleted it (after 24 hours).",
        "肖像已生成，但没能在服务删除之前（24 小时）保存下来。",
        "Ask the operator to run `cosdrop retry` for it, or drop the photo again; that buys it once more.",
        "请联系运营者执行 `cosdrop retry`，或重新放入照片；这会再次计费。",
    ),
    "TaskLost": Words(
        "The service lost this task; no portrait came of it.",
        "服务端丢失了这个任务，没有生成肖像。",
        *_DROP_AGAIN,
    ),
    "BadResultLink": Words(
        "The portrait is made, but its link is not one we trust; saving it is tried again until it expires.",
        "肖像已生成，但结果链接不在允许范围内；在过期前会继续尝试保存。",
        "The operator may add the host to RESULT_HOSTS.",
        "运营者可将该主机加入 RESULT_HOSTS。",
    ),
    "BadResult": Words(
        "The portrait is made, but what we fetched is not a picture; saving it is tried again until it expires.",
        "肖像已生成，但取回的内容不是图片；在过期前会继续尝试保存。",
        *_NOTHING,
    ),
    "NotInTaskList": Words(
        "The submission did not arrive at the service; it is made again.", "提交没有到达服务；会重新提交。", *_NOTHING
    ),
    "Unreachable": Words("A service could not be reached.", "暂时无法连接服务。", *_NOTHING),
    # --- held: nobody's photo is at fault ---
    "NoTemplate": Words(
        "The route '{route}' has no character image yet, so this photo waits.",
        "路线“{route}”还没有卡通形象图片，照片正在等待。",
        "Put a picture at templates/{route}.png (or .jpg, .webp); the photo then goes on by itself.",
        "请放入 templates/{route}.png（或 .jpg、.webp）；之后会自动继续。",
    ),
    "BadTemplate": Words(
        "The character image of the route '{route}' cannot be read, so this photo waits.",
        "路线“{route}”的卡通形象图片无法读取，照片正在等待。",
        "Replace templates/{route}.png by a good picture; the photo then goes on by itself.",
        "请用正常的图片替换 templates/{route}.png;之后会自动继续。",
    ),
    "BadRouteOptions": Words(
        "The options of the route '{route}' are wrong, so this photo waits.",
        "路线“{route}”的选项文件有误，照片正在等待。",
        'templates/{route}.json must look like {{"model": "wanx-style-cosplay-v1", "model_index": 1}}.',
        'templates/{route}.json 应形如 {{"model": "wanx-style-cosplay-v1", "model_index": 1}}。',
    ),
    "Paused": Words(
        "The booth is paused.",
        "照相亭已暂停。",
        "The operator ends it with `cosdrop resume`.",
        "运营者可执行 `cosdrop resume`。",
    ),
    "BudgetSpent": Words(
        "Today's number of portraits is used up.",
        "今天的额度已经用完。",
        "Nothing: it goes on after midnight, China time. The operator may raise MAX_IMAGES_PER_DAY.",
        "无需操作：北京时间零点后自动继续。运营者可调高 MAX_IMAGES_PER_DAY。",
    ),
    "UnsureSubmission": Words(
        "It is not certain whether this photo was submitted, and it must not be paid for twice.",
        "无法确定这张照片是否已提交，为避免重复计费而等待。",
        "The operator looks at `cosdrop why`, then runs `cosdrop adopt` or `cosdrop retry`. "
        "DASHSCOPE_API_KEY_ID set to the key's id lets it be settled by itself.",
        "运营者查看 `cosdrop why` 后执行 `cosdrop adopt` 或 `cosdrop retry`。设置 DASHSCOPE_API_KEY_ID 可自动判定。",
    ),
    "InvalidApiKey": Words(
        "The service does not accept the booth's API key.",
        "服务不接受当前的 API-KEY。",
        _ACCOUNT_EN + " Setting: DASHSCOPE_API_KEY.",
        _ACCOUNT_ZH + "设置项：DASHSCOPE_API_KEY。",
    ),
    "Arrearage": Words(
        "The booth's account is in arrears.", "账号已欠费。", _ACCOUNT_EN + " Pay the bill.", _ACCOUNT_ZH + "请充值。"
    ),
}
_MODEL_GONE = Words(
    "The service no longer offers this booth's model to this account ({code}).",
    "服务不再向该账号提供当前模型（{code}）。",
    "The operator sets MODEL=wanx-style-repaint-v1 (or `model` in templates/{route}.json); the photo then goes on.",
    "运营者可设置 MODEL=wanx-style-repaint-v1（或在 templates/{route}.json 中设置 model）；之后会自动继续。",
)
_ACCOUNT = Words(
    "The service refuses this booth's account for now ({code}).",
    "服务暂时拒绝该账号（{code}）。",
    _ACCOUNT_EN,
    _ACCOUNT_ZH,
)
_PREFIXES = {
    "InvalidFace": _NO_FACE,
    "InvalidImage": _NO_IMAGE,
    "InvalidFile": _NO_IMAGE,
    "InvalidInputLength": _NO_IMAGE,
    "InvalidParameter.ImageFormat": _NO_IMAGE,
    "BadRequest.UnsupportedFileFormat": _NO_IMAGE,
    "BadRequest.TooLarge": _TOO_LARGE,
    "InvalidURL": _NO_FETCH,
    "InvalidParameter.DataInspection": _NO_FETCH,
    "InvalidParameter.FileDownload": _NO_FETCH,
    "BadRequest.InputDownloadFailed": _NO_FETCH,
    "ModelNotFound": _MODEL_GONE,
    "Model.": _MODEL_GONE,
    "BadRequest.EmptyModel": _MODEL_GONE,
    "AccessDenied": _ACCOUNT,
    "AllocationQuota": _ACCOUNT,
    "CommodityNotPurchased": _ACCOUNT,
    "PrepaidBillOverdue": _ACCOUNT,
    "PostpaidBillOverdue": _ACCOUNT,
    "BudgetLimitExceeded": _ACCOUNT,
}
_HOLDS = {
    "account": _ACCOUNT,
    "model.": _MODEL_GONE,
    "request": Words(
        "The service does not understand the booth's request ({code}), so this photo waits.",
        "服务无法理解照相亭的请求（{code}），照片正在等待。",
        "The operator looks at `cosdrop why`, and at the route's options if there are any; this photo is not at fault.",
        "需要运营者查看 `cosdrop why` 以及路线选项（如有）；这张照片没有问题。",
    ),
}
"""For codes that mean something only together with their message, and for those that nobody knew of."""
