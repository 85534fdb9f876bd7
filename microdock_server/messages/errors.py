"""Texts of refusals. The keys are the machine-readable slugs of the answers, behind `error.`."""

from __future__ import annotations

from typing import Final

ERRORS: Final[dict[str, tuple[str, str]]] = {
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
    "error.admin_required": ("需要管理员权限", "Administrator permission is required"),
    "error.wrong_upload_secret": ("上传口令错误", "Wrong upload secret"),
    "error.wrong_plugin_key": ("插件上传密钥错误", "Wrong plugin key"),
    "error.plugin_disabled": ("插件 {name} 已被禁用", "Plugin {name} is disabled"),
    "error.not_found": ("资源不存在", "Not found"),
    "error.plugin_not_found": ("插件不存在", "The plugin does not exist"),
    "error.version_not_found": ("插件版本不存在", "The plugin version does not exist"),
    "error.backup_not_found": ("备份不存在", "The backup does not exist"),
    "error.install_not_found": ("插件未安装", "The plugin is not installed"),
    "error.user_not_found": ("用户不存在", "The user does not exist"),
    "error.file_missing": ("文件不存在或路径错误", "The file does not exist"),
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
    "error.email_taken": ("邮箱已被使用", "The e-mail address is taken"),
    "error.backup_quota_count": (
        "备份数量已达上限（{limit} 个），请先删除旧备份",
        "The limit of {limit} backups is reached; delete old ones first",
    ),
    "error.backup_quota_bytes": (
        "备份总大小将超过上限（{limit_mb} MB），请先删除旧备份",
        "Backups would exceed the limit of {limit_mb} MB in all; delete old ones first",
    ),
    "error.too_large": ("请求体超过 {limit} 限制", "The request body exceeds the limit of {limit}"),
    "error.file_too_large": ("文件大小超过 {limit} 限制", "The file exceeds the limit of {limit}"),
    "error.too_many_requests": ("请求过于频繁，请稍后再试", "Too many requests; please try again later"),
    "error.uri_too_long": ("请求地址过长", "The request URI is too long"),
    "error.internal_error": ("服务器内部错误", "Internal server error"),
    "error.database_unavailable": ("数据库连接失败", "The database cannot be reached"),
    "error.database_busy": ("数据库繁忙，请稍后再试", "The database is busy; please try again"),
    "error.storage_failure": ("文件存储失败，请稍后再试", "The file could not be stored; please try again"),
    "error.storage_full": ("磁盘空间不足", "The disk is full"),
}
