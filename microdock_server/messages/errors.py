"""Texts of refusals. The keys, after `error.`, are the slugs in the answers."""

from __future__ import annotations

from typing import Final

ERRORS: Final[dict[str, tuple[str, str]]] = {
    "duration.second": ("{count} 秒", "{count} second"),
    "duration.seconds": ("{count} 秒", "{count} seconds"),
    "duration.minute": ("{count} 分钟", "{count} minute"),
    "duration.minutes": ("{count} 分钟", "{count} minutes"),
    "error.malformed_request": ("请求格式错误", "The request cannot be understood"),
    "error.malformed_body": ("请求体无法解析", "The request body cannot be parsed"),
    "error.wrong_content_type": (
        "Content-Type 不正确，应为 {expected}",
        "Wrong Content-Type; {expected} is expected",
    ),
    "error.validation_error": ("参数验证失败", "Validation failed"),
    "error.unsupported_file_type": (
        "文件格式不支持，仅支持：{allowed}",
        "Unsupported file type; allowed: {allowed}",
    ),
    "error.bad_package": ("文件验证失败：{problem}", "The package was refused: {problem}"),
    "error.bad_package_many": (
        "文件验证失败：{problem}（共 {count} 个问题）",
        "The package was refused: {problem} ({count} problems in all)",
    ),
    "error.bad_manifest": (
        "文件验证失败：plugin.json 缺失或格式错误：{problem}",
        "The package was refused: plugin.json is missing or malformed: {problem}",
    ),
    "error.unauthenticated": ("请先登录", "Please log in"),
    "error.invalid_token": ("令牌无效或已过期", "The token is invalid or has expired"),
    "error.wrong_credentials": ("用户名或密码错误", "Wrong username or password"),
    "error.wrong_password": ("原密码错误", "The old password is wrong"),
    "error.forbidden": ("权限不足", "You do not have permission to do this"),
    "error.origin_not_allowed": (
        "不允许此来源（Origin）的网页发出请求，可在 CORS_ORIGINS 中添加",
        "Pages of this origin may not send requests here; CORS_ORIGINS names those that may",
    ),
    "error.host_not_allowed": (
        "不允许使用此主机名（Host）访问，可在 ALLOWED_HOSTS 中添加",
        "This server does not answer to this Host; ALLOWED_HOSTS names those that it answers to",
    ),
    "error.admin_required": ("需要管理员权限", "Administrator permission is required"),
    "error.wrong_upload_secret": ("上传口令错误", "Wrong upload secret"),
    "error.wrong_plugin_key": ("插件上传密钥错误", "Wrong plugin key"),
    "error.plugin_disabled": ("插件 {name} 已被禁用", "Plugin {name} is disabled"),
    "error.not_the_owner": ("您不是该插件的所有者", "You do not own this plugin"),
    "error.assigned_to_another": ("该审核任务已分配给其他审核员", "This review is assigned to another reviewer"),
    "error.own_plugin": ("不能审核自己的插件", "You cannot review your own plugin"),
    "error.own_submission": (
        "不能审核自己提交的版本",
        "You cannot decide on a version that you submitted, by whichever way",
    ),
    "error.own_decision": ("不能处理针对自己决定的申诉", "You cannot hear an appeal against your own decision"),
    "error.own_block": (
        "不能批准自己提出的封禁，须由另一名管理员批准",
        "You cannot approve a block that you made or changed: another administrator has to",
    ),
    "error.version_blocked": (
        "插件 {name} {version} 已被管理员封禁：{reason}",
        "Plugin {name} {version} is blocked by administrators: {reason}",
    ),
    "error.yanked": (
        "插件 {name} 的版本均已撤回（{version}：{reason}），仅可按确切版本下载",
        "All versions of plugin {name} are yanked ({version}: {reason}); an exact version can still be downloaded",
    ),
    "error.not_your_reply": (
        "只有保存者或管理员可以修改此常用回复",
        "Only who keeps this reply or an administrator can change it",
    ),
    "error.reply_not_found": ("常用回复不存在", "The saved reply does not exist"),
    "error.too_many_replies": (
        "最多保存 {limit} 条常用回复，请先删除不用的",
        "You keep {limit} replies, the most allowed: delete some first",
    ),
    "error.block_not_found": ("封禁不存在", "The block does not exist"),
    "error.not_found": ("资源不存在", "Not found"),
    "error.plugin_not_found": ("插件不存在", "The plugin does not exist"),
    "error.version_not_found": ("插件版本不存在", "The plugin version does not exist"),
    "error.backup_not_found": ("备份不存在", "The backup does not exist"),
    "error.install_not_found": ("插件未安装", "The plugin is not installed"),
    "error.user_not_found": ("用户不存在", "The user does not exist"),
    "error.file_missing": ("文件不存在或路径错误", "The file does not exist"),
    "error.category_not_found": ("分类不存在", "The category does not exist"),
    "error.review_not_found": ("审核任务不存在", "The review does not exist"),
    "error.changed_file_not_found": (
        "该文件在这两个版本之间没有变化，或不存在",
        "The file is not among those that the version changes",
    ),
    "error.auto_review_not_found": ("没有自动审核结果", "There is no automatic review"),
    "error.rating_not_found": ("评价不存在", "The rating does not exist"),
    "error.appeal_not_found": ("申诉不存在", "The appeal does not exist"),
    "error.developer_not_found": ("开发者不存在", "The developer does not exist"),
    "error.job_not_found": ("任务不存在", "The job does not exist"),
    "error.job_not_failed": (
        "任务状态为 {state}，只有失败的任务可以重试",
        "The job is {state}: only a failed one can be queued again",
    ),
    "error.method_not_allowed": ("不支持的请求方法", "Method not allowed"),
    "error.conflict": ("资源冲突", "Conflict with what is stored"),
    "error.version_exists": ("插件版本 {version} 已存在", "Plugin version {version} already exists"),
    "error.version_retired": (
        "插件版本 {version} 曾经发布，仅接受相同内容的文件",
        "Plugin version {version} was published before; only the same bytes are accepted",
    ),
    "error.install_exists": ("插件已安装", "The plugin is already installed"),
    "error.install_unavailable": (
        "插件 {name} 已被禁用，无法安装",
        "Plugin {name} is disabled and cannot be installed",
    ),
    "error.username_taken": ("用户名已被使用", "The username is taken"),
    "error.username_lookalike": (
        "用户名与现有用户名过于相似，请另选一个",
        "The username looks like one that is taken; please choose another",
    ),
    "error.name_reserved": (
        "插件名以保留前缀 {prefix} 开头，仅限其所有者使用",
        "Names below {prefix} are reserved for others",
    ),
    "error.email_taken": ("邮箱已被使用", "The e-mail address is taken"),
    "error.backup_quota_count": (
        "备份数量已达上限（{limit} 个），请先删除旧备份",
        "The limit of {limit} backups is reached; delete old ones first",
    ),
    "error.backup_quota_bytes": (
        "备份总大小将超过上限（{limit_mb} MB），请先删除旧备份",
        "Backups would exceed the limit of {limit_mb} MB in all; delete old ones first",
    ),
    "error.account_quota": (
        "该账号的文件总大小将超过上限（{limit_mb} MB），请先删除旧文件",
        "The account's files would exceed the limit of {limit_mb} MB in all; delete old ones first",
    ),
    "error.address_quota": (
        "来自该地址的文件总大小将超过上限（{limit_mb} MB）",
        "Files from this address would exceed the limit of {limit_mb} MB in all",
    ),
    "error.plugin_exists": ("插件 {name} 已存在", "Plugin {name} exists already"),
    "error.plugin_owned": ("插件已有所有者", "The plugin has an owner already"),
    "error.category_exists": ("同级分类“{name}”已存在", "There is a category “{name}” beside it already"),
    "error.category_in_use": (
        "分类“{name}”下还有子分类或插件",
        "Category “{name}” still has children or plugins",
    ),
    "error.developer_exists": ("您已经是开发者", "You are a developer already"),
    "error.last_administrator": (
        "不能禁用或降级最后一名管理员",
        "The last administrator can neither be disabled nor demoted",
    ),
    "error.transition_not_allowed": (
        "当前状态（{status}）不允许此操作（{act}）",
        "This is not possible ({act}) in the present status ({status})",
    ),
    "error.review_decided": ("该审核已有结论", "The review is decided already"),
    "error.review_outdated": (
        "被审核的文件已改变，请重新审核",
        "The file is not the one that was reviewed; please review it again",
    ),
    "error.reviewer_busy": (
        "该审核员进行中的任务已达上限（{limit} 个）",
        "The reviewer has the most open reviews allowed ({limit})",
    ),
    "error.override_refused": (
        "另有可以处理此事的审核员，不能越权决定",
        "Another active reviewer can decide this: it cannot be overridden",
    ),
    "error.nothing_to_submit": ("没有可提交审核的版本", "There is no version to submit"),
    "error.version_not_published": ("版本 {version} 尚未发布", "Version {version} is not published"),
    "error.not_recommendable": (
        "不能推荐版本 {version}：{why}",
        "Version {version} cannot be recommended: it is {why}",
    ),
    "error.rollout_only_grows": (
        "版本 {version} 已提供给 {rollout}% 的宿主，该比例只能提高",
        "Version {version} is offered to {rollout} percent of hosts, which can only grow",
    ),
    "error.release_complete": (
        "版本 {version} 已提供给所有宿主：只能撤回，或推荐更低的版本",
        "Version {version} is offered to all hosts: yank it, or recommend a lower one",
    ),
    "error.always_preview": (
        "预发布版本 {version} 只能属于预览通道",
        "Version {version} is a prerelease: it is always on the preview channel",
    ),
    "error.replaces_itself": ("插件不能由其自身替代", "A plugin cannot be replaced by itself"),
    "error.replacement_not_found": ("替代插件 {name} 不存在", "The replacement {name} does not exist"),
    "error.rating_exists": ("您已评价过该插件", "You have rated this plugin already"),
    "error.own_password": (
        "不能重置自己的密码，请用旧密码修改",
        "You cannot give yourself a password here: change it with the old one",
    ),
    "error.own_rating": ("不能评价自己的插件", "You cannot rate your own plugin"),
    "error.appeal_exists": ("针对该决定的申诉正在处理中", "An appeal against this decision is open already"),
    "error.appeal_decided": ("该申诉已处理", "The appeal is decided already"),
    "error.nothing_to_appeal": ("没有可申诉的决定", "There is no decision to appeal against"),
    "error.changed_meanwhile": (
        "其他人（或另一个标签页）已先保存，您的修改未保存；请查看最新内容后再保存",
        "Somebody else, or another tab, saved this meanwhile; nothing of yours was saved. "
        "Look at what is there now, then save again",
    ),
    "error.malformed_if_match": (
        "If-Match 格式错误：应为 * 或带双引号的 ETag，多个以逗号分隔",
        "If-Match cannot be read: it is * or entity tags in double quotes, separated by commas",
    ),
    "error.precondition_failed": (
        "文件已更改，与 If-Match 指定的不同",
        "The file is no longer the one that If-Match names",
    ),
    "error.range_not_satisfiable": ("请求的范围超出文件大小（{size} 字节）", "The file has only {size} bytes"),
    "error.too_large": ("请求体超过 {limit} 限制", "The request body exceeds the limit of {limit}"),
    "error.file_too_large": ("文件大小超过 {limit} 限制", "The file exceeds the limit of {limit}"),
    "error.too_many_requests": (
        "请求过于频繁，请在 {wait}后再试",
        "Too many requests; please try again in {wait}",
    ),
    "error.request_timeout": ("请求发送过慢，连接已关闭", "The request was sent too slowly; the connection is closed"),
    "error.headers_too_large": ("请求头过大", "The request's headers are too large"),
    "error.unknown_plugin": ("插件目录中没有：{names}", "The catalogue does not have: {names}"),
    "error.unresolvable": ("{problem}", "{problem}"),
    "error.too_complex": (
        "求解超过 {steps} 步，或涉及超过 {plugins} 个插件，请减少一次请求的内容",
        "This takes more than {steps} steps or concerns more than {plugins} plugins; please ask for less at once",
    ),
    "error.busy": ("服务器繁忙，请在 {wait}后再试", "The server is busy; please try again in {wait}"),
    "error.too_many_sockets": (
        "实时连接数已达上限，请在 {wait}后再试",
        "There are too many live connections; please try again in {wait}",
    ),
    "error.uri_too_long": ("请求地址过长", "The request URI is too long"),
    "error.internal_error": ("服务器内部错误", "Internal server error"),
    "error.database_unavailable": ("数据库连接失败", "The database cannot be reached"),
    "error.database_busy": ("数据库繁忙，请在 {wait}后再试", "The database is busy; please try again in {wait}"),
    "error.storage_quota": (
        "服务器存储已达到配置的上限",
        "The server keeps as much as it is set to keep (STORAGE_MAX_BYTES)",
    ),
    "error.storage_failure": ("文件存储失败，请稍后再试", "The file could not be stored; please try again"),
    "error.storage_full": ("磁盘空间不足", "The disk is full"),
    "error.storage_unavailable": (
        "文件存储暂时不可用，请在 {wait}后再试",
        "The file storage cannot be reached; please try again in {wait}",
    ),
}
