"""The web application: every route on one screen, and how the app is put together.

A route that is not in this table does not exist; a test walks the app's map and holds it to the table.
"""
# ruff: noqa: E501 - one route a line, to be read as a table

from __future__ import annotations

from quart import Quart

from mam.core import Mam
from mam.edge.app import create_blueprint, open_edge
from mam.edge.limits import networks
from mam.errors import ConfigError
from mam.types import DistantPartStorage
from mam.web import errors, paths, plugged, socket
from mam.web.api import (
    account,
    admin,
    analysis,
    answers,
    answers_account,
    answers_approvals,
    answers_batches,
    answers_box,
    answers_integrity,
    answers_looks,
    answers_marks,
    answers_media,
    answers_notes,
    answers_organisations,
    answers_plugins,
    answers_privacy,
    answers_report,
    answers_roles,
    answers_search,
    answers_shares,
    answers_update,
    answers_versions,
    answers_webhooks,
    answers_workers,
    approvals,
    assets,
    audit,
    auth,
    batches,
    captions,
    comments,
    docs,
    event_feed,
    guests,
    health,
    images,
    inputs,
    inputs_account,
    inputs_approvals,
    inputs_batches,
    inputs_drawing,
    inputs_looks,
    inputs_marks,
    inputs_notes,
    inputs_organisations,
    inputs_plugins,
    inputs_privacy,
    inputs_report,
    inputs_roles,
    inputs_search,
    inputs_shares,
    inputs_update,
    inputs_versions,
    inputs_webhooks,
    inputs_workers,
    integrity,
    live,
    looks,
    manifests,
    marks,
    note_extras,
    note_stills,
    notifications,
    organisations,
    organise,
    plugins,
    previews,
    privacy,
    projects,
    proxies,
    report,
    roles,
    search,
    shares,
    update,
    uploads,
    versions,
    webhooks,
    workers,
)
from mam.web.asgi import PART_ORIGIN, Connection, MamRequest
from mam.web.bodies import JSON_BYTES, Page
from mam.web.bridge import Bridge
from mam.web.conditions import shown_by
from mam.web.figures import Figures
from mam.web.hub import Hub
from mam.web.limits import Limits
from mam.web.portal import page
from mam.web.portal.table import PAGES
from mam.web.routes import ADMIN, LOGIN, ORGANISATION, PUBLIC, Route, Site, view

# fmt: off
API: tuple[Route, ...] = (
    # Accounts and sessions
    Route("POST", "/auth/register", auth.register, PUBLIC, body=inputs.RegisterIn, answers={201: answers.Registered}),
    Route("POST", "/auth/login", auth.login, PUBLIC, body=inputs.LoginIn, answers={200: answers.Tokens}),
    Route("POST", "/auth/refresh", auth.refresh, PUBLIC, body=inputs.RefreshIn, answers={200: answers.Tokens}),
    Route("POST", "/auth/logout", auth.logout, LOGIN, body=inputs.LogoutIn, optional_body=True, answers={204: None}, keys=False),
    Route("GET", "/auth/me", auth.me, LOGIN, answers={200: answers.User}),
    # One's own account: for logins, never for API keys
    Route("GET", "/api/keys", account.list_keys, LOGIN, query=Page, answers={200: answers.Page[answers_account.ApiKey]}, keys=False),
    Route("POST", "/api/keys", account.create_key, LOGIN, body=inputs_account.KeyIn, answers={201: answers_account.NewApiKey}, keys=False),
    Route("GET", "/api/keys/<key_id>", account.get_key, LOGIN, answers={200: answers_account.ApiKey}, keys=False),
    Route("DELETE", "/api/keys/<key_id>", account.revoke_key, LOGIN, answers={204: None}, keys=False),
    Route("POST", "/api/account/proof", account.prove, LOGIN, body=inputs_account.ProofIn, answers={204: None}, keys=False),
    Route("PUT", "/api/account/password", account.change_password, LOGIN, body=inputs_account.PasswordIn, answers={204: None}, keys=False),
    Route("GET", "/api/account/second-factor", account.get_second_factor, LOGIN, answers={200: answers_account.SecondFactor}, keys=False),
    Route("POST", "/api/account/second-factor", account.begin_second_factor, LOGIN, answers={201: answers_account.Enrolment}, keys=False),
    Route("POST", "/api/account/second-factor/confirm", account.confirm_second_factor, LOGIN, body=inputs_account.CodeIn, answers={200: answers_account.RecoveryCodes}, keys=False),
    Route("POST", "/api/account/second-factor/recovery-codes", account.renew_recovery_codes, LOGIN, answers={200: answers_account.RecoveryCodes}, keys=False),
    Route("DELETE", "/api/account/second-factor", account.disable_second_factor, LOGIN, answers={204: None}, keys=False),
    Route("GET", "/api/account/sessions", account.list_sessions, LOGIN, query=Page, answers={200: answers.Page[answers_account.OwnSession]}, keys=False),
    Route("GET", "/api/account/sessions/news", account.session_news, LOGIN, answers={200: answers.Page[answers_account.OwnSession]}, keys=False),
    Route("POST", "/api/account/sessions/seen", account.sessions_seen, LOGIN, answers={204: None}, keys=False),
    Route("DELETE", "/api/account/sessions", account.end_other_sessions, LOGIN, answers={200: answers_account.Ended}, keys=False),
    Route("DELETE", "/api/account/sessions/<session_id>", account.end_session, LOGIN, answers={204: None}, keys=False),
    Route("GET", "/api/account/passkeys", account.list_passkeys, LOGIN, query=Page, answers={200: answers.Page[answers_account.Passkey]}, keys=False),
    Route("POST", "/api/account/passkeys/options", account.begin_passkey, LOGIN, answers={200: answers_account.PasskeyOptions}, keys=False),
    Route("POST", "/api/account/passkeys", account.add_passkey, LOGIN, body=inputs_account.PasskeyIn, answers={201: answers_account.Passkey}, keys=False),
    Route("GET", "/api/account/passkeys/<passkey_id>", account.get_passkey, LOGIN, answers={200: answers_account.Passkey}, keys=False),
    Route("PATCH", "/api/account/passkeys/<passkey_id>", account.rename_passkey, LOGIN, body=inputs_account.PasskeyPatch, answers={200: answers_account.Passkey}, keys=False),
    Route("DELETE", "/api/account/passkeys/<passkey_id>", account.remove_passkey, LOGIN, answers={204: None}, keys=False),
    Route("POST", "/auth/passkey/options", account.passkey_options, PUBLIC, answers={200: answers_account.PasskeyOptions}),
    Route("POST", "/auth/passkey", account.passkey_login, PUBLIC, body=inputs_account.PasskeyLoginIn, answers={200: answers.Tokens}),
    # Projects, members, folders
    Route("GET", "/api/projects", projects.list_projects, LOGIN, query=inputs.ProjectList, answers={200: answers.Page[answers.ProjectRow]}),
    Route("POST", "/api/projects", projects.create_project, "project.create", body=inputs.ProjectIn, answers={201: answers.Project}),
    Route("GET", "/api/projects/<project_id>", projects.get_project, "project.read", answers={200: answers.Project}),
    Route("PATCH", "/api/projects/<project_id>", projects.update_project, "project.update", body=inputs.ProjectPatch, answers={200: answers.Project}),
    Route("DELETE", "/api/projects/<project_id>", projects.delete_project, "project.delete", answers={204: None}),
    Route("POST", "/api/projects/<project_id>/restore", projects.restore_project, "project.delete", answers={200: answers.Project}),
    Route("GET", "/api/projects/<project_id>/look", looks.get_look, "project.read", answers={200: answers_looks.ProjectLook}),
    Route("PATCH", "/api/projects/<project_id>/look", looks.update_look, "project.update", body=inputs_looks.ProjectLookPatch, answers={200: answers_looks.ProjectLook}),
    Route("GET", "/api/projects/<project_id>/look/logo", looks.get_project_logo, "project.read"),
    Route("PUT", "/api/projects/<project_id>/look/logo", looks.set_project_logo, "project.update", stream=True, answers={204: None}),
    Route("DELETE", "/api/projects/<project_id>/look/logo", looks.remove_project_logo, "project.update", answers={204: None}),
    Route("PUT", "/api/projects/<project_id>/members/<user_id>", projects.set_member, "member.manage", body=inputs.MemberIn, answers={200: answers.Member}),
    Route("DELETE", "/api/projects/<project_id>/members/<user_id>", projects.remove_member, "member.manage", answers={204: None}),
    Route("GET", "/api/projects/<project_id>/folders", projects.list_folders, "project.read", query=inputs.FolderList, answers={200: answers.Page[answers.Folder]}),
    Route("POST", "/api/projects/<project_id>/folders", projects.create_folder, "folder.write", body=inputs.FolderIn, answers={201: answers.Folder}),
    Route("GET", "/api/folders/<folder_id>", projects.get_folder, "project.read", answers={200: answers.Folder}),
    Route("PATCH", "/api/folders/<folder_id>", projects.update_folder, "folder.write", body=inputs.FolderPatch, answers={200: answers.Folder}),
    Route("DELETE", "/api/folders/<folder_id>", projects.delete_folder, "folder.write", answers={204: None}),
    # Assets
    Route("GET", "/api/assets", assets.list_assets, LOGIN, query=inputs_search.AssetSearchList, answers={200: answers.Page[answers.Asset]}),
    Route("POST", "/api/assets", assets.create_asset, "asset.write", body=inputs.AssetIn, answers={201: answers.Asset}),
    Route("GET", "/api/assets/<asset_id>", assets.get_asset, "asset.read", answers={200: answers.Asset}),
    Route("PATCH", "/api/assets/<asset_id>", assets.update_asset, "asset.write", body=inputs.AssetPatch, answers={200: answers.Asset}),
    Route("DELETE", "/api/assets/<asset_id>", assets.delete_asset, "asset.delete", answers={204: None}),
    Route("POST", "/api/assets/<asset_id>/restore", assets.restore_asset, "asset.delete", answers={200: answers.Asset}),
    # Versions in a stack
    Route("GET", "/api/assets/<asset_id>/versions", versions.list_versions, "asset.read", query=inputs_versions.VersionList, answers={200: answers.Page[answers_versions.StackedVersion]}),
    Route("POST", "/api/assets/<asset_id>/stack", versions.stack, "asset.write", body=inputs_versions.StackIn, answers={200: answers_versions.Stacked}),
    Route("POST", "/api/assets/<asset_id>/unstack", versions.unstack, "asset.delete", body=inputs_versions.UnstackIn, answers={200: answers_versions.Unstacked}),
    Route("GET", "/api/versions/<version_id>", versions.get_version, "asset.read", answers={200: answers_versions.StackedVersion}),
    Route("PATCH", "/api/versions/<version_id>", versions.label_version, "asset.write", body=inputs_versions.VersionPatch, answers={200: answers_versions.StackedVersion}),
    Route("POST", "/api/versions/<version_id>/current", versions.make_current, "asset.write", answers={200: answers_versions.StackedVersion}),
    Route("DELETE", "/api/versions/<version_id>", versions.remove_version, "asset.delete", answers={204: None}),
    Route("POST", "/api/versions/<version_id>/restore", versions.restore_version, "asset.delete", answers={200: answers_versions.StackedVersion}),
    Route("GET", "/api/versions/<version_id>/comments/carry", versions.carry_offer, "comment.read", answers={200: answers_versions.CarryOffer}),
    Route("POST", "/api/versions/<version_id>/comments/carry", versions.carry_notes, "comment.write", body=inputs_versions.CarryIn, answers={200: answers_versions.CarriedOver}),
    Route("POST", "/api/assets/bulk", search.change_assets, LOGIN, body=inputs_search.BulkIn, answers={200: answers_search.Bulk}),
    # Many at once, as one job
    Route("GET", "/api/batches", batches.list_batches, LOGIN, query=inputs_batches.BatchList, answers={200: answers.Page[answers_batches.Batch]}),
    Route("POST", "/api/batches", batches.create_batch, LOGIN, body=inputs_batches.BatchIn, answers={202: answers_batches.Batch}),
    Route("GET", "/api/batches/<batch_id>", batches.get_batch, LOGIN, answers={200: answers_batches.Batch}),
    Route("GET", "/api/batches/<batch_id>/items", batches.list_batch_items, LOGIN, query=inputs_batches.BatchItemList, answers={200: answers.Page[answers_batches.BatchItem]}),
    Route("POST", "/api/batches/<batch_id>/cancel", batches.cancel_batch, LOGIN, answers={200: answers_batches.Batch}),
    Route("POST", "/api/batches/<batch_id>/undo", batches.undo_batch, LOGIN, answers={202: answers_batches.Batch}),
    # Finding and ordering
    Route("GET", "/api/search", search.search, LOGIN, query=inputs_search.SearchQuery, answers={200: answers.Page[answers_search.Hit]}),
    Route("GET", "/api/search/suggest", search.suggest, LOGIN, query=inputs_search.SuggestQuery, answers={200: answers_search.Suggestions}),
    Route("GET", "/api/projects/<project_id>/tags", organise.list_tags, "asset.read", query=Page, answers={200: answers.Page[answers_search.Tag]}),
    Route("PATCH", "/api/projects/<project_id>/tags", organise.rename_tag, "asset.write", body=inputs_search.TagRename, answers={200: answers_search.RenamedTag}),
    Route("GET", "/api/projects/<project_id>/fields", organise.list_fields, "asset.read", query=inputs_search.CustomFieldList, answers={200: answers.Page[answers_search.CustomField]}),
    Route("POST", "/api/projects/<project_id>/fields", organise.create_field, "project.update", body=inputs_search.CustomFieldIn, answers={201: answers_search.CustomField}),
    Route("GET", "/api/fields/<field_id>", organise.get_field, "asset.read", answers={200: answers_search.CustomField}),
    Route("PATCH", "/api/fields/<field_id>", organise.update_field, "project.update", body=inputs_search.CustomFieldPatch, answers={200: answers_search.CustomField}),
    Route("DELETE", "/api/fields/<field_id>", organise.delete_field, "project.update", query=inputs_search.CustomFieldDelete, answers={204: None}),
    Route("POST", "/api/fields/<field_id>/restore", organise.restore_field, "project.update", answers={200: answers_search.CustomField}),
    Route("GET", "/api/projects/<project_id>/collections", organise.list_collections, "asset.read", answers={200: answers.Page[answers_search.Collection]}),
    Route("POST", "/api/projects/<project_id>/collections", organise.create_collection, "asset.read", body=inputs_search.CollectionIn, answers={201: answers_search.Collection}),
    Route("GET", "/api/collections/<collection_id>", organise.get_collection, "asset.read", answers={200: answers_search.Collection}),
    Route("PATCH", "/api/collections/<collection_id>", organise.update_collection, "asset.read", body=inputs_search.CollectionPatch, answers={200: answers_search.Collection}),
    Route("DELETE", "/api/collections/<collection_id>", organise.delete_collection, "asset.read", answers={204: None}),
    Route("GET", "/api/collections/<collection_id>/assets", organise.collection_assets, "asset.read", query=Page, answers={200: answers.Page[answers.Asset]}),
    Route("GET", "/api/projects/<project_id>/trash", organise.list_trash, "asset.delete", query=Page, answers={200: answers.Page[answers_search.TrashedAsset]}),
    # Uploads
    Route("POST", "/api/presign", uploads.presign, "upload.create", body=inputs.PresignIn, answers={201: answers.Presigned}),
    Route("GET", "/api/uploads/<upload_id>", uploads.get_upload, "upload.create", answers={200: answers.Upload}),
    Route("POST", "/api/uploads/<upload_id>/parts", uploads.part_addresses, "upload.create", body=inputs.PartNumbersIn, answers={200: answers.PartAddresses}),
    Route("DELETE", "/api/uploads/<upload_id>", uploads.abort, "upload.create", answers={204: None}),
    Route("POST", "/api/promote", uploads.promote, "upload.create", body=inputs.PromoteIn, answers={202: answers.Promoted}),
    Route("PUT", "/upload-parts/<token>", uploads.put_part, PUBLIC, stream=True, counted=False, answers={200: answers.ReceivedPart}),
    Route("POST", "/api/assets/<asset_id>/upload", uploads.upload, "upload.create", query=inputs.UploadQuery, stream=True, answers={201: answers.Version}),
    # Previews and delivery; the signed addresses themselves are the edge's (/s/…, /d/…)
    Route("POST", "/api/preview", previews.request_preview, "preview.render", body=inputs.PreviewIn, answers={202: answers_media.JobReference}),
    Route("GET", "/api/preview/status", previews.preview_status, "preview.read", query=inputs.VersionQuery, answers={200: answers.PreviewStatus}),
    Route("GET", "/api/preview/events", live.preview_events, "preview.read", query=inputs.EventsQuery),
    Route("POST", "/api/preview/callback", previews.callback, PUBLIC, answers={200: answers.Accepted}),
    Route("POST", "/api/sign-preview", previews.sign_preview, "preview.read", body=inputs.SignIn, answers={200: answers_media.Signed}),
    Route("GET", "/api/versions/<version_id>/similar", assets.similar, "asset.read", answers={200: answers_media.LookAlikes}),
    Route("GET", "/api/versions/<version_id>/analysis", analysis.get_analysis, "preview.read", answers={200: answers_media.Analysis}),
    Route("POST", "/api/versions/<version_id>/analyse", analysis.analyse, "preview.render", answers={202: answers_media.JobReference}),
    Route("GET", "/api/versions/<version_id>/download", previews.download, "master.download", query=inputs.DownloadQuery, answers={302: None}),
    Route("GET", "/api/versions/<version_id>/captions", captions.list_captions, "preview.read", answers={200: answers.Page[answers_media.CaptionFile]}),
    Route("POST", "/api/versions/<version_id>/captions", captions.add_captions, "asset.write", query=inputs.CaptionsQuery, stream=True, answers={201: answers_media.CaptionFile}),
    Route("DELETE", "/api/versions/<version_id>/captions/<captions_id>", captions.remove_captions, "asset.write", answers={204: None}),
    Route("GET", "/api/versions/<version_id>/proxies", proxies.list_proxies, "preview.read", answers={200: answers.Page[answers_media.Proxy]}),
    Route("POST", "/api/versions/<version_id>/proxies", proxies.request_proxy, "preview.render", body=inputs.ProxyIn, answers={202: answers_media.Proxy}),
    Route("GET", "/api/versions/<version_id>/proxies/<proxy_id>/download", proxies.download_proxy, "master.download", answers={302: None}),
    Route("DELETE", "/api/versions/<version_id>/proxies/<proxy_id>", proxies.remove_proxy, "preview.render", answers={204: None}),
    Route("GET", "/img/<version_id>", images.image, "preview.read", query=inputs.ImageQuery),
    # Review
    Route("GET", "/api/assets/<asset_id>/comments", comments.list_comments, "comment.read", query=inputs.CommentList, answers={200: answers.Page[answers_notes.Comment]}),
    Route("POST", "/api/assets/<asset_id>/comments", comments.create_comment, "comment.write", body=inputs.CommentIn, answers={201: answers_notes.Comment}),
    Route("GET", "/api/comments/<comment_id>", comments.get_comment, "comment.read", answers={200: answers_notes.Comment}),
    Route("PATCH", "/api/comments/<comment_id>", comments.update_comment, "comment.write", body=inputs.CommentPatch, answers={200: answers_notes.Comment}),
    Route("DELETE", "/api/comments/<comment_id>", comments.delete_comment, "comment.write", answers={204: None}),
    Route("POST", "/api/comments/<comment_id>/restore", comments.restore_comment, "comment.write", answers={200: answers_notes.Comment}),
    Route("POST", "/api/comments/<comment_id>/resolve", comments.resolve_comment, "comment.write", answers={200: answers_notes.Comment}),
    Route("POST", "/api/comments/<comment_id>/unresolve", comments.unresolve_comment, "comment.write", answers={200: answers_notes.Comment}),
    Route("GET", "/api/comments/<comment_id>/still", note_stills.still, "comment.read", query=inputs_drawing.StillQuery),
    Route("GET", "/api/comments/<comment_id>/history", note_extras.history, "comment.read", query=Page, answers={200: answers.Page[answers_notes.Edit]}),
    Route("PUT", "/api/comments/<comment_id>/reactions/<name>", note_extras.react, "comment.write", answers={200: answers_notes.Comment}),
    Route("DELETE", "/api/comments/<comment_id>/reactions/<name>", note_extras.unreact, "comment.write", answers={200: answers_notes.Comment}),
    Route("POST", "/api/comments/<comment_id>/files", note_extras.add_file, "comment.write", query=inputs_notes.NoteFileQuery, stream=True, answers={201: answers_notes.NoteFile}),
    Route("GET", "/api/comments/<comment_id>/files/<file_id>", note_extras.get_file, "comment.read", answers={302: None}),
    Route("DELETE", "/api/comments/<comment_id>/files/<file_id>", note_extras.remove_file, "comment.write", answers={204: None}),
    Route("GET", "/api/assets/<asset_id>/mentionable", note_extras.people, "comment.write", query=inputs_notes.People, answers={200: answers.Page[answers_notes.Named]}),
    Route("GET", "/api/notifications", notifications.inbox, LOGIN, query=inputs_notes.Inbox, answers={200: answers_notes.Inbox}),
    Route("POST", "/api/notifications/read", notifications.mark_all_read, LOGIN, answers={204: None}),
    Route("POST", "/api/notifications/<notification_id>/read", notifications.mark_read, LOGIN, answers={200: answers_notes.Notification}),
    Route("GET", "/api/events", live.own_events, LOGIN),
    Route("GET", "/api/versions/<version_id>/comments/export", marks.export_comments, "comment.read", query=inputs_marks.CommentExport),
    Route("POST", "/api/versions/<version_id>/comments/import", marks.import_comments, "comment.write", query=inputs_marks.CommentImport, stream=True, answers={200: answers_marks.NotesRead}),
    Route("POST", "/api/versions/<version_id>/comments/import/undo", marks.undo_import, "comment.write", inputs_marks.ImportUndo, answers={200: answers_marks.ImportUndone}),
    # Share links
    Route("GET", "/api/shares", shares.list_shares, "share.manage", query=inputs_shares.ShareList, answers={200: answers.Page[answers_shares.Share]}),
    Route("POST", "/api/shares", shares.create_share, "share.manage", body=inputs_shares.ShareIn, answers={201: answers_shares.Share}),
    Route("GET", "/api/shares/<share_id>", shares.get_share, "share.manage", answers={200: answers_shares.Share}),
    Route("PATCH", "/api/shares/<share_id>", shares.update_share, "share.manage", body=inputs_shares.SharePatch, answers={200: answers_shares.Share}),
    Route("POST", "/api/shares/<share_id>/renew", shares.renew_share, "share.manage", answers={200: answers_shares.Share}),
    Route("DELETE", "/api/shares/<share_id>", shares.revoke_share, "share.manage", answers={204: None}),
    Route("GET", "/api/shares/<share_id>/logo", shares.get_logo, "share.manage"),
    Route("PUT", "/api/shares/<share_id>/logo", shares.set_logo, "share.manage", stream=True, answers={204: None}),
    Route("DELETE", "/api/shares/<share_id>/logo", shares.remove_logo, "share.manage", answers={204: None}),
    Route("GET", "/api/shares/<share_id>/visits", shares.list_visits, "share.manage", query=Page, answers={200: answers.Page[answers_shares.ShareVisit]}),
    Route("GET", "/api/shares/<share_id>/visits/export", shares.export_visits, "share.manage"),
    # Approvals
    Route("GET", "/api/approvals", approvals.waiting, LOGIN, query=inputs_approvals.WaitingList, answers={200: answers.Page[answers_approvals.Waiting]}),
    Route("GET", "/api/versions/<version_id>/approvals", approvals.get_approvals, "asset.read", answers={200: answers_approvals.Approvals}),
    Route("GET", "/api/versions/<version_id>/approvals/history", approvals.approval_history, "asset.read", query=Page, answers={200: answers.Page[answers.Decided]}),
    Route("PUT", "/api/versions/<version_id>/approval", approvals.decide, "review.decide", body=inputs_approvals.ApprovalIn, answers={200: answers_approvals.Approvals}),
    Route("POST", "/api/versions/<version_id>/review", approvals.ask, "review.request", body=inputs_approvals.ReviewIn, optional_body=True, answers={201: answers_approvals.Approvals}),
    Route("PATCH", "/api/versions/<version_id>/review", approvals.change, "review.request", body=inputs_approvals.ReviewPatch, answers={200: answers_approvals.Approvals}),
    Route("DELETE", "/api/versions/<version_id>/review", approvals.withdraw, "review.request", answers={204: None}),
    Route("GET", "/api/projects/<project_id>/review-defaults", approvals.get_defaults, "project.read", answers={200: answers_approvals.ReviewDefaults}),
    Route("PUT", "/api/projects/<project_id>/review-defaults", approvals.set_defaults, "project.update", body=inputs_approvals.ReviewDefaultsIn, answers={200: answers_approvals.ReviewDefaults}),
    Route("GET", "/api/projects/<project_id>/board", approvals.column, "asset.read", query=inputs_approvals.BoardQuery, answers={200: answers.Page[answers_approvals.BoardCard]}),
    Route("GET", "/api/projects/<project_id>/board/counts", approvals.counts, "asset.read", answers={200: answers_approvals.BoardCounts}),
    # Media hash lists
    Route("GET", "/api/projects/<project_id>/mhl", manifests.project_manifest, "project.read", query=inputs.ManifestQuery),
    Route("POST", "/api/projects/<project_id>/mhl", manifests.create_manifest, "asset.write", body=inputs.ManifestIn, optional_body=True, answers={201: answers_integrity.Manifest}),
    Route("GET", "/api/projects/<project_id>/mhl/generations", manifests.list_manifests, "project.read", query=Page, answers={200: answers.Page[answers_integrity.Manifest]}),
    Route("POST", "/api/projects/<project_id>/mhl/compare", manifests.compare_manifest, "project.read", stream=True, answers={200: answers_integrity.ManifestComparison}),
    Route("GET", "/api/versions/<version_id>/mhl", manifests.version_manifest, "asset.read"),
    # Administration
    Route("GET", "/api/admin/users", admin.list_users, ORGANISATION, query=inputs_organisations.UserList, answers={200: answers.Page[answers_organisations.Person]}),
    Route("GET", "/api/admin/users/<user_id>", admin.get_user, ORGANISATION, answers={200: answers_organisations.Person}),
    Route("PATCH", "/api/admin/users/<user_id>", admin.update_user, ORGANISATION, body=inputs.UserPatch, answers={200: answers_organisations.Person}, keys=False),
    Route("POST", "/api/admin/users/<user_id>/erase", privacy.erase_user, ADMIN, body=inputs_privacy.ErasureIn, answers={200: answers_privacy.Erasure}, keys=False),
    Route("GET", "/api/admin/users/<user_id>/export", privacy.export_user, ADMIN, keys=False),
    Route("GET", "/api/admin/invitations", account.list_invitations, ORGANISATION, query=Page, answers={200: answers.Page[answers_account.Invitation]}, keys=False),
    Route("POST", "/api/admin/invitations", account.create_invitation, ORGANISATION, body=inputs_account.InvitationIn, answers={201: answers_account.NewInvitation}, keys=False),
    Route("DELETE", "/api/admin/invitations/<invitation_id>", account.revoke_invitation, ORGANISATION, answers={204: None}, keys=False),
    Route("GET", "/api/organisations", organisations.list_organisations, ORGANISATION, query=Page, answers={200: answers.Page[answers_organisations.Organisation]}),
    Route("POST", "/api/organisations", organisations.create_organisation, ADMIN, body=inputs_organisations.OrganisationIn, answers={201: answers_organisations.Organisation}, keys=False),
    Route("GET", "/api/organisations/<organisation_id>", organisations.get_organisation, ORGANISATION, answers={200: answers_organisations.Organisation}),
    Route("PATCH", "/api/organisations/<organisation_id>", organisations.update_organisation, ORGANISATION, body=inputs_organisations.OrganisationPatch, answers={200: answers_organisations.Organisation}, keys=False),
    Route("DELETE", "/api/organisations/<organisation_id>", organisations.delete_organisation, ADMIN, answers={204: None}, keys=False),
    Route("GET", "/api/roles", roles.list_roles, LOGIN, answers={200: answers.Page[answers_roles.Role]}),
    Route("POST", "/api/roles", roles.create_role, ADMIN, body=inputs_roles.RoleIn, answers={201: answers_roles.Role}, keys=False),
    Route("GET", "/api/roles/<role_id>", roles.get_role, ADMIN, answers={200: answers_roles.Role}),
    Route("PATCH", "/api/roles/<role_id>", roles.update_role, ADMIN, body=inputs_roles.RolePatch, answers={200: answers_roles.Role}, keys=False),
    Route("DELETE", "/api/roles/<role_id>", roles.delete_role, ADMIN, query=inputs_roles.RoleDelete, answers={204: None}, keys=False),
    Route("GET", "/api/admin/jobs", admin.list_jobs, ADMIN, query=inputs.JobList, answers={200: answers.Page[answers_box.Job]}),
    Route("POST", "/api/admin/jobs/<job_id>/retry", admin.retry_job, ADMIN, answers={200: answers_box.Job}),
    Route("POST", "/api/admin/jobs/<job_id>/cancel", admin.cancel_job, ADMIN, answers={200: answers_box.Job}),
    Route("POST", "/api/admin/jobs/<job_id>/priority", admin.prioritise_job, ADMIN, body=inputs.PriorityIn, answers={200: answers_box.Job}),
    Route("POST", "/api/admin/versions/<version_id>/cancel", admin.cancel_version_jobs, ADMIN, answers={200: answers.Page[answers_box.Job]}),
    Route("GET", "/api/admin/plugins", plugins.list_plugins, ADMIN, answers={200: answers.Page[answers_plugins.Plugin]}),
    Route("POST", "/api/admin/plugins/<name>/check", plugins.check_plugin, ADMIN, answers={200: answers_plugins.Plugin}),
    Route("POST", "/api/admin/plugins/<name>/enable", plugins.enable_plugin, ADMIN, answers={200: answers_plugins.Plugin}),
    Route("POST", "/api/admin/plugins/<name>/disable", plugins.disable_plugin, ADMIN, answers={200: answers_plugins.Plugin}),
    Route("PATCH", "/api/admin/plugins/<name>/settings", plugins.configure_plugin, ADMIN, body=inputs_plugins.PluginSettings, answers={200: answers_plugins.Plugin}),
    Route("GET", "/api/admin/watch", admin.list_watches, ADMIN, answers={200: answers.Page[answers_integrity.WatchFolder]}),
    Route("POST", "/api/admin/watch/<file_id>/retry", admin.retry_watched, ADMIN, answers={200: answers_integrity.WatchedFile}),
    Route("POST", "/api/admin/storage/prove", admin.prove_storage, ADMIN, answers={200: answers.Page[answers_box.StoreProof]}),
    Route("GET", "/api/admin/storage", admin.storage, ADMIN, answers={200: answers_box.Storage}),
    Route("GET", "/api/admin/update", update.get_update, ADMIN, answers={200: answers_update.Update}),
    Route("PUT", "/api/admin/update/bundle", update.send_bundle, ADMIN, stream=True, answers={200: answers_update.UpdateBundle}, keys=False),
    Route("POST", "/api/admin/update/install", update.install_update, ADMIN, body=inputs_update.InstallIn, optional_body=True, answers={202: answers_update.Update}, keys=False),
    Route("POST", "/api/admin/update/restart", update.start_update, ADMIN, answers={202: answers_update.Update}, keys=False),
    Route("GET", "/api/admin/report", report.get_report, ADMIN, query=inputs_report.ReportQuery, answers={200: answers_report.Report}),
    Route("GET", "/api/admin/report/export", report.export_report, ADMIN, query=inputs_report.ReportQuery),
    Route("GET", "/api/audit", audit.list_audit, ORGANISATION, query=inputs.AuditList, answers={200: answers.Page[answers_integrity.AuditEntry]}),
    Route("GET", "/api/audit/export", audit.export_log, ORGANISATION, query=inputs.AuditFilters),
    Route("POST", "/api/audit/verify", audit.verify_log, ADMIN, answers={200: answers_integrity.AuditState}),
    # Integrity of masters
    Route("GET", "/api/integrity/key", integrity.integrity_key, PUBLIC, answers={200: answers_integrity.IntegrityKey}),
    Route("GET", "/api/versions/<version_id>/integrity", integrity.get_integrity, "asset.read", answers={200: answers_integrity.Integrity}),
    Route("POST", "/api/versions/<version_id>/verify", integrity.verify_master, "master.verify", answers={202: answers_integrity.Verified}),
    Route("PUT", "/api/versions/<version_id>/legal-hold", integrity.set_legal_hold, "master.hold", body=inputs.LegalHoldIn, answers={200: answers_integrity.LockNow}),
    Route("GET", "/api/versions/<version_id>/certificate", integrity.get_certificate, "master.download", query=inputs.CertificateQuery),
    # Events and webhooks
    Route("GET", "/api/events/types", event_feed.event_types, LOGIN, answers={200: answers.Page[answers_webhooks.EventTypeRow]}),
    Route("GET", "/api/events/history", event_feed.event_history, LOGIN, query=inputs_webhooks.EventHistory, answers={200: answers.Page[answers_webhooks.EventBody]}),
    Route("GET", "/api/events/stream", event_feed.event_stream, LOGIN, query=inputs_webhooks.EventStream),
    Route("GET", socket.PATH, socket.event_socket, LOGIN, query=inputs_webhooks.EventSocket, answers={426: answers.Problem}),
    Route("GET", "/api/webhooks", webhooks.list_webhooks, "webhook.manage", query=inputs_webhooks.WebhookList, answers={200: answers.Page[answers_webhooks.Webhook]}),
    Route("POST", "/api/webhooks", webhooks.create_webhook, "webhook.manage", body=inputs_webhooks.WebhookIn, answers={201: answers_webhooks.NewWebhook}),
    Route("GET", "/api/webhooks/<webhook_id>", webhooks.get_webhook, "webhook.manage", answers={200: answers_webhooks.Webhook}),
    Route("PATCH", "/api/webhooks/<webhook_id>", webhooks.update_webhook, "webhook.manage", body=inputs_webhooks.WebhookPatch, answers={200: answers_webhooks.Webhook}),
    Route("DELETE", "/api/webhooks/<webhook_id>", webhooks.delete_webhook, "webhook.manage", answers={204: None}),
    Route("POST", "/api/webhooks/<webhook_id>/rotate", webhooks.rotate_webhook, "webhook.manage", answers={200: answers_webhooks.NewWebhook}),
    Route("POST", "/api/webhooks/<webhook_id>/ping", webhooks.ping_webhook, "webhook.manage", answers={202: answers_webhooks.Pinged}),
    Route("GET", "/api/webhooks/<webhook_id>/deliveries", webhooks.list_deliveries, "webhook.manage", query=inputs_webhooks.DeliveryList, answers={200: answers.Page[answers_webhooks.Delivery]}),
    Route("GET", "/api/webhooks/<webhook_id>/deliveries/<delivery_id>", webhooks.get_delivery, "webhook.manage", answers={200: answers_webhooks.DeliveryDetail}),
    Route("POST", "/api/webhooks/<webhook_id>/deliveries/<delivery_id>/resend", webhooks.resend_delivery, "webhook.manage", answers={202: answers_webhooks.Delivery}),
    Route("POST", "/api/webhooks/<webhook_id>/resend", webhooks.resend_deliveries, "webhook.manage", body=inputs_webhooks.ResendIn, answers={202: answers_webhooks.Resent}),
    # Workers
    Route("GET", "/api/admin/workers", workers.list_workers, ADMIN, query=Page, answers={200: answers.Page[answers_workers.Worker]}),
    Route("GET", "/api/admin/workers/<worker_id>", workers.get_worker, ADMIN, answers={200: answers_workers.Worker}),
    Route("POST", "/api/admin/workers/<worker_id>/drain", workers.drain_worker, ADMIN, answers={200: answers_workers.Worker}),
    Route("POST", "/api/admin/workers/<worker_id>/resume", workers.resume_worker, ADMIN, answers={200: answers_workers.Worker}),
    Route("DELETE", "/api/admin/workers/<worker_id>", workers.remove_worker, ADMIN, answers={204: None}),
    Route("GET", "/api/admin/worker-tokens", workers.list_worker_tokens, ADMIN, query=Page, answers={200: answers.Page[answers_workers.WorkerToken]}, keys=False),
    Route("POST", "/api/admin/worker-tokens", workers.create_worker_token, ADMIN, body=inputs_workers.WorkerTokenIn, optional_body=True, answers={201: answers_workers.NewWorkerToken}, keys=False),
    Route("DELETE", "/api/admin/worker-tokens/<token_id>", workers.revoke_worker_token, ADMIN, answers={204: None}, keys=False),
    Route("GET", "/api/workers/certificate", workers.certificate, PUBLIC, answers={200: answers_workers.WorkerCertificate}),
    Route("POST", "/api/workers/join", workers.join, PUBLIC, body=inputs_workers.WorkerJoinIn, answers={200: answers_workers.WorkerSettings}),
    # The box
    Route("GET", "/api/health", health.health, PUBLIC, counted=False, answers={200: answers_box.Health, 503: answers_box.Health}),
    Route("GET", "/metrics", health.metrics, ADMIN, counted=False, local=True),
    Route("GET", "/openapi.json", docs.openapi, PUBLIC),
    Route("GET", "/docs", docs.docs, PUBLIC),
    Route("GET", "/docs.css", docs.style, PUBLIC, page=True),
)
# fmt: on

ROUTES: tuple[Route, ...] = (*API, *guests.below_link(API), *PAGES)


def create_app(mam: Mam) -> Quart:
    """The app of an opened box. Opens nothing until it serves; `ConfigError` for a bad `trusted_proxies`."""
    app = _bare_app()
    site = open_site(mam)
    app.extensions["mam"] = site
    if isinstance(mam.storage, DistantPartStorage):
        app.config[PART_ORIGIN] = mam.storage.part_origin()
    shown, rules = shown_by(ROUTES), paths.rules(route.path for route in ROUTES)
    for route in ROUTES:
        answer = view(site, route, shown.get(route.name))
        app.add_url_rule(rules[route.path], route.name, answer, methods=[route.method])
    plugged.install(app, site)
    errors.register(app)
    socket.install(app)
    page.install(app, mam.config, plugged.static_folders(mam), plugged.theme_folders(mam))
    edge = open_edge(mam.config, mam.storage, mam.keys, mam.hooks)
    app.extensions["mam.edge"] = edge
    app.register_blueprint(create_blueprint(edge))

    figures = Figures(site)
    app.before_serving(figures.start)

    @app.after_serving
    async def close() -> None:
        await figures.stop()
        await site.hub.close()
        site.bridge.close()

    return app


def open_site(mam: Mam) -> Site:
    """Thread pools and limits of this process; whom it trusts to name an address."""
    server = mam.config.server
    try:
        trusted = networks(server.trusted_proxies)
    except ValueError as error:
        raise ConfigError(f"server.trusted_proxies: expected addresses or networks: {error}.") from None
    return Site(mam, Bridge(server.threads), Limits(server), trusted, Hub(mam.config.queue_url))


def _bare_app() -> Quart:
    app = Quart("mam.web", static_folder=None)
    app.asgi_http_class = Connection
    app.request_class = MamRequest
    app.config.update(
        MAX_CONTENT_LENGTH=JSON_BYTES,
        MAX_FORM_MEMORY_SIZE=JSON_BYTES,
        BODY_TIMEOUT=60,
        RESPONSE_TIMEOUT=None,
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.url_map.merge_slashes = False
    paths.install(app.url_map)
    return app
