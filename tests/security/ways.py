"""How each object of the schema is reached: one path from the root to an instance in the world.

``$word`` is an id of the world (``world.World.ids``), ``@`` the place of the fields that are asked. A key may have more
ways than one, told apart by words in brackets: each is a row of the file.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.security.process_analytics_ways import ANALYTICS_PAYLOADS, ANALYTICS_ROOTS, ANALYTICS_TYPES
from tests.security.process_figures_ways import FIGURES_PAYLOADS, FIGURES_ROOTS, FIGURES_TYPES
from tests.security.process_owner_reports_ways import (
    OWNER_REPORT_PAYLOADS,
    OWNER_REPORT_ROOTS,
    OWNER_REPORT_TYPES,
)
from tests.security.process_practices_ways import PRACTICE_PAYLOADS, PRACTICE_ROOTS, PRACTICE_TYPES
from tests.security.process_registry_ways import REGISTRY_PAYLOADS, REGISTRY_ROOTS, REGISTRY_TYPES
from tests.security.process_running_ways import RUNNING_PAYLOADS, RUNNING_ROOTS, RUNNING_TYPES
from tests.security.process_ways import PROCESS_PAYLOADS, PROCESS_ROOTS, PROCESS_TYPES
from tests.security.process_work_ways import WORK_PAYLOADS, WORK_ROOTS, WORK_TYPES


@dataclass(frozen=True, kw_only=True)
class Way:
    """``seen``: what must stand in the answer (a pattern, with the world's ids) for it to count as reached."""

    path: str
    seen: str = ""


_COMPARISON = 'figuresComparison(month: "2026-01", subject: "city_problems.report", measure: "closed")'
_FRAME = "southWest: {lat: 46, lon: 142}, northEast: {lat: 47, lon: 143}"
_NEARBY = 'nearby(point: {lat: 46.9591, lon: 142.738}, category: "pothole")'
_STATISTICS = 'statistics(since: "2026-01-01", until: "2026-12-31")'

ROOTS: dict[str, Way] = {
    "Query.auditLog": Way(path="auditLog(filter: {subjectId: $case}) { totalCount edges { node { subjectId } } }"),
    "Query.case": Way(path="case(id: $case) { id }"),
    "Query.case (of the parks)": Way(path="case(id: $parks_case) { id }"),
    "Query.figuresComparison": Way(path=f"{_COMPARISON} {{ month }}"),
    "Query.figuresPreview": Way(path='figuresPreview(month: "2026-01") { city }'),
    "Query.customHistory": Way(path="customHistory { totalCount edges { node { id } } }"),
    "Query.customItems": Way(path='customItems(collection: "core.names") { key }'),
    "Query.inbox": Way(path="inbox(first: 100) { totalCount edges { node { id } } }", seen="$case"),
    "Query.inbox (searched)": Way(path='inbox(filter: {text: "hole"}) { edges { node { id } } }', seen="$case"),
    "Query.inboxCounts": Way(path="inboxCounts { folders { cases } }", seen='"cases": [1-9]'),
    "Query.moduleSettings": Way(path='moduleSettings(module: "city_problems") { module }'),
    "Query.moduleSettings (core)": Way(path='moduleSettings(module: "core") { module }'),
    "Query.myCase": Way(path="myCase(id: $case) { id }"),
    "Query.myCases": Way(path="myCases { totalCount edges { node { id } } }", seen="$case"),
    "Query.mySessions": Way(path="mySessions { id }"),
    "Query.notificationDeliveries": Way(
        path="notificationDeliveries(caseId: $case, first: 1) { totalCount edges { node { caseId } } }", seen="$case"
    ),
    "Query.notificationPreview": Way(path='notificationPreview(key: "core.closed") { text }'),
    "Query.notifications": Way(path="notifications { totalCount edges { node { caseId } } }", seen="$case"),
    "Query.people": Way(path="people(first: 100) { totalCount edges { node { id } } }", seen="$colleague"),
    "Query.people (uncounted)": Way(path="people(first: 100) { edges { node { id } } }", seen="$colleague"),
    "Query.person": Way(path="person(id: $colleague) { id }"),
    "Query.publishedFigures": Way(
        path='publishedFigures(month: "2026-01") { totalCount edges { node { subject } } }', seen="city_problems.report"
    ),
    "Query.roleGrantPreview": Way(
        path='roleGrantPreview(userId: $colleague, role: "core.operator") { problems { code } }'
    ),
    "Query.rolePreview": Way(path='rolePreview(key: "core.executor", permissions: []) { problems { code } }'),
    "Query.unit": Way(path="unit(id: $roads) { id }"),
    "Query.units": Way(path="units { id }", seen="$roads"),
    "Subscription.caseChanged": Way(path="caseChanged(id: $case) { isResync }"),
    "Subscription.caseChanged (of the parks)": Way(path="caseChanged(id: $parks_case) { isResync }"),
    "CityProblemsQuery.clusters": Way(
        path="cityProblems { clusters(southWest: {lat: 46, lon: 142}, northEast: {lat: 47, lon: 143}, resolution: 7)"
        " { cell } }"
    ),
    "CityProblemsQuery.myWatches": Way(path="cityProblems { myWatches { title } }", seen='"title": "Home"'),
    "CityProblemsQuery.nearby": Way(path=f"cityProblems {{ {_NEARBY} {{ distance }} }}"),
    "CityProblemsQuery.points": Way(path=f"cityProblems {{ points({_FRAME}) {{ id }} }}"),
    "CityProblemsQuery.statistics": Way(path=f"cityProblems {{ {_STATISTICS} {{ since }} }}"),
    "CityProblemsQuery.poll": Way(path="cityProblems { poll(id: $poll) { id } }"),
    "CityProblemsQuery.poll (a draft)": Way(path="cityProblems { poll(id: $draft) { id } }"),
    "CityProblemsQuery.polls": Way(
        path="cityProblems { polls(first: 100) { totalCount edges { node { id } } } }", seen="$poll"
    ),
    "CityProblemsQuery.endpointServices": Way(path='cityProblems { endpointServices(key: "region") { code } }'),
    "CityProblemsQuery.report": Way(path="cityProblems { report(id: $case) { id } }"),
    "CityProblemsQuery.routeTrials": Way(
        path="cityProblems { routeTrials { totalCount edges { node { route } } } }", seen='"route": "holes"'
    ),
    "CityProblemsQuery.routeTrials (uncounted)": Way(path="cityProblems { routeTrials { edges { node { route } } } }"),
    "CityProblemsQuery.reports": Way(
        path="cityProblems { reports(first: 100) { totalCount edges { node { id } } } }", seen="$case"
    ),
}
"""Root fields that need more than their name: arguments, or what has to be in their answer."""

_CASE = "case(id: $case) { %s { @ } }"
_REPORT = "cityProblems { report(id: $case) { %s { @ } } }"
_TRIAL = "cityProblems { routeTrials(first: 1) { edges { node { %s } } } }"
_PREVIEW = 'rolePreview(key: "core.executor", permissions: []) { %s }'

TYPES: dict[str, Way] = {
    "ApiToken": Way(path="myTokens { @ }"),
    "AuditEntry": Way(
        path='auditLog(filter: {actorId: $clerk, actionPrefix: "core.case_filter"}) { edges { node { @ } } }'
    ),
    "Case": Way(path="case(id: $case) { @ }"),
    "Case (of a change)": Way(path="subscription caseChanged(id: $case) { case { @ } }"),
    "Case (of an inbox)": Way(path="inbox(first: 3, filter: {unitId: $roads}) { edges { node { @ } } }"),
    "Case (of the parks)": Way(path="case(id: $parks_case) { @ }"),
    "CaseBulkResult": Way(path="mutation caseBulkAssign { results { @ } }"),
    "CaseChange": Way(path="subscription caseChanged(id: $case) { @ }"),
    "CaseComment": Way(path=_CASE % "comments"),
    "CaseDuration": Way(path="case(id: $case) { leadTime { duration { @ } } }"),
    "CaseEvent": Way(path="case(id: $case) { timeline { edges { node { @ } } } }"),
    "CaseFile": Way(path=_CASE % "files"),
    "CaseFilter": Way(path="caseFilters { @ }"),
    "CaseHandover": Way(path=_CASE % "handovers"),
    "CaseKind": Way(path="caseKinds { @ }"),
    "CaseLeadTime": Way(path=_CASE % "leadTime"),
    "CaseMove": Way(path=_CASE % "availableMoves"),
    "CaseOutcome": Way(path="caseKinds { outcomes { @ } }"),
    "CasePause": Way(path=_CASE % "pauses"),
    "CaseRelation": Way(path=_CASE % "relations"),
    "CaseState": Way(path="caseKinds { states { @ } }"),
    "CaseStateTime": Way(path="case(id: $case) { leadTime { states { @ } } }"),
    "CaseTerm": Way(path=_CASE % "terms"),
    "City": Way(path="city { @ }"),
    "CityBranding": Way(path="city { branding { @ } }"),
    "CityProblemsAnswerType": Way(path=_REPORT % "answers"),
    "CityProblemsCategoryType": Way(path="cityProblems { categories { @ } }"),
    "CityProblemsChoice": Way(path="cityProblems { categories { questions { choices { @ } } } }"),
    "CityProblemsCategoryFigures": Way(path=f"cityProblems {{ {_STATISTICS} {{ categories {{ @ }} }} }}"),
    "CityProblemsFigures": Way(path=f"cityProblems {{ {_STATISTICS} {{ total {{ @ }} }} }}"),
    "CityProblemsNear": Way(path=f"cityProblems {{ {_NEARBY} {{ @ }} }}"),
    "CityProblemsPoint": Way(path=f"cityProblems {{ points({_FRAME}) {{ @ }} }}"),
    "CityProblemsStatistics": Way(path=f"cityProblems {{ {_STATISTICS} {{ @ }} }}"),
    "CityProblemsCluster": Way(
        path="cityProblems { clusters(southWest: {lat: 46, lon: 142}, northEast: {lat: 47, lon: 143}, resolution: 7)"
        " { @ } }"
    ),
    "CityProblemsConfirmation": Way(path="cityProblems { report(id: $answered) { confirmation { @ } } }"),
    "CityProblemsMark": Way(path="cityProblems { report(id: $answered) { marks { @ } } }"),
    "CityProblemsPhoto": Way(path=_REPORT % "photos"),
    "CityProblemsPoll": Way(path="cityProblems { poll(id: $poll) { @ } }"),
    "CityProblemsPollOption": Way(path="cityProblems { poll(id: $poll) { options { @ } } }"),
    "CityProblemsEndpointMapping": Way(path="cityProblems { endpoints { services { @ } } }"),
    "CityProblemsEndpointService": Way(path='cityProblems { endpointServices(key: "region") { @ } }'),
    "CityProblemsEndpointType": Way(path="cityProblems { endpoints { @ } }"),
    "CityProblemsForwarded": Way(path=_REPORT % "forwarded"),
    "CityProblemsForwardingType": Way(path=_REPORT % "forwardings"),
    "CityProblemsQuestion": Way(path="cityProblems { categories { questions { @ } } }"),
    "CityProblemsReport": Way(path="cityProblems { report(id: $case) { @ } }"),
    "CityProblemsReporter": Way(path=_REPORT % "reporter"),
    "CityProblemsRoute": Way(path="cityProblems { routes { @ } }"),
    "CityProblemsRouteElsewhere": Way(path=_TRIAL % "elsewhere { @ }"),
    "CityProblemsRouteExample": Way(path=_TRIAL % "examples { @ }"),
    "CityProblemsRouteOther": Way(path=_TRIAL % "taken { @ }"),
    "CityProblemsRouteTrial": Way(path=_TRIAL % "@"),
    "CityProblemsRouteUnit": Way(path="cityProblems { report(id: $case) { suggestion { unit { @ } } } }"),
    "CityProblemsSuggestion": Way(path=_REPORT % "suggestion"),
    "CityProblemsWatch": Way(path="cityProblems { myWatches { @ } }"),
    "CustomChange": Way(path="customHistory(first: 3) { edges { node { @ } } }"),
    "CustomCollection": Way(path="customCollections { @ }"),
    "CustomItem": Way(path='customItems(collection: "core.branding") { @ }'),
    "Erasure": Way(path="erasures { edges { node { @ } } }"),
    "ErasurePart": Way(path="erasures { edges { node { parts { @ } } } }"),
    "ExternalIdentity": Way(path="externalIdentities { @ }"),
    "FigureComparison": Way(path=f"{_COMPARISON} {{ @ }}"),
    "FigureComparisonRow": Way(path=f"{_COMPARISON} {{ rows {{ @ }} }}"),
    "FigureMeasure": Way(path="publishedFigures(first: 1) { edges { node { measure { @ } } } }"),
    "FileUpload": Way(path="mutation fileUploadBegin { upload { @ } }"),
    "GeoPoint": Way(path=_REPORT % "point"),
    "NotificationChange": Way(path="subscription notificationAdded { @ }"),
    "InboxChange": Way(path="subscription inboxChanged { @ }"),
    "InboxCounts": Way(path="inboxCounts { @ }"),
    "InboxFolder": Way(path="inboxCounts { folders { @ } }", seen='"cases": [1-9]'),
    "ModuleSetting": Way(path='moduleSettings(module: "city_problems") { fields { @ } }'),
    "ModuleSettings": Way(path='moduleSettings(module: "city_problems") { @ }'),
    "MyCase": Way(path="myCase(id: $case) { @ }"),
    "MyCaseAnswer": Way(path="myCase(id: $case) { answers { @ } }"),
    "MyCaseStep": Way(path="myCase(id: $case) { steps { @ } }"),
    "Notification": Way(path="notifications { edges { node { @ } } }"),
    "NotificationChannelPreference": Way(path="notificationPreferences { keys { channels { @ } } }"),
    "NotificationDelivery": Way(path="notificationDeliveries(caseId: $case, first: 1) { edges { node { @ } } }"),
    "NotificationPreference": Way(path="notificationPreferences { keys { @ } }"),
    "NotificationPreferences": Way(path="notificationPreferences { @ }"),
    "NotificationPreview": Way(path='notificationPreview(key: "core.closed") { @ }'),
    "NotificationRule": Way(path="notificationRules { @ }"),
    "NotificationSubject": Way(path="notifications { edges { node { subject { @ } } } }"),
    "NotificationSchedule": Way(path="notificationPreferences { schedule { @ } }"),
    "OperatorAccess": Way(path="operatorAccesses { edges { node { @ } } }"),
    "OrgUnit": Way(path="unit(id: $roads) { @ }"),
    "Permission": Way(path="permissions { @ }"),
    "PermissionChange": Way(path=_PREVIEW % "consequences { changes { @ } }"),
    "PublishedFigure": Way(path="publishedFigures(first: 1) { edges { node { @ } } }"),
    "Role": Way(path="roles { @ }"),
    "RoleConsequence": Way(path=_PREVIEW % "consequences { @ }"),
    "RolePermission": Way(path="roles { permissions { @ } }"),
    "RolePreview": Way(path=_PREVIEW % "@"),
    "Session": Way(path="mySessions { @ }"),
    "SignInProvider": Way(path="signInProviders { @ }"),
    "Territory": Way(path="territories { @ }"),
    "User": Way(path="unit(id: $roads) { users { @ } }"),
    "UserContacts": Way(path="unit(id: $roads) { users { contacts { @ } } }"),
    "UserContacts (of a person)": Way(path="person(id: $colleague) { contacts { @ } }"),
    "UserRole": Way(path="person(id: $clerk) { roles { @ } }"),
    "Viewer": Way(path="viewer { @ }"),
    "WorkCalendar": Way(path="workCalendar { @ }"),
    "WorkDay": Way(path="workCalendar { days { @ } }"),
}
"""Object types. A payload's way is a mutation, ``PAYLOADS``."""

ROOTS |= {key: Way(path=path, seen=seen) for key, (path, seen) in PRACTICE_ROOTS.items()}
TYPES |= {key: Way(path=path) for key, path in PRACTICE_TYPES.items()}
ROOTS |= {key: Way(path=path, seen=seen) for key, (path, seen) in {**WORK_ROOTS, **PROCESS_ROOTS}.items()}
ROOTS |= {key: Way(path=path, seen=seen) for key, (path, seen) in RUNNING_ROOTS.items()}
ROOTS |= {key: Way(path=path, seen=seen) for key, (path, seen) in FIGURES_ROOTS.items()}
ROOTS |= {key: Way(path=path, seen=seen) for key, (path, seen) in ANALYTICS_ROOTS.items()}
TYPES |= {key: Way(path=path) for key, path in ANALYTICS_TYPES.items()}
ROOTS |= {key: Way(path=path, seen=seen) for key, (path, seen) in OWNER_REPORT_ROOTS.items()}
TYPES |= {key: Way(path=path) for key, path in OWNER_REPORT_TYPES.items()}
TYPES |= {key: Way(path=path) for key, path in FIGURES_TYPES.items()}
TYPES |= {key: Way(path=path) for key, path in RUNNING_TYPES.items()}
TYPES |= {key: Way(path=path) for key, path in {**WORK_TYPES, **PROCESS_TYPES}.items()}
ROOTS |= {key: Way(path=path, seen=seen) for key, (path, seen) in REGISTRY_ROOTS.items()}
TYPES |= {key: Way(path=path) for key, path in REGISTRY_TYPES.items()}

PAYLOADS: dict[str, str] = {
    **REGISTRY_PAYLOADS,
    **WORK_PAYLOADS,
    **PROCESS_PAYLOADS,
    **PRACTICE_PAYLOADS,
    **RUNNING_PAYLOADS,
    **FIGURES_PAYLOADS,
    **ANALYTICS_PAYLOADS,
    **OWNER_REPORT_PAYLOADS,
    "AccountPayload": "tokenRevoke",
    "CaseBulkPayload": "caseBulkAssign",
    "CaseFilterDeletePayload": "caseFilterDelete",
    "CaseFilterPayload": "caseFilterSave",
    "CasePayload": "caseComment",
    "CityProblemsDonePayload": "cityProblemsUnfollow",
    "CityProblemsEndpointPayload": "cityProblemsEndpointSave",
    "CityProblemsEndpointRemovePayload": "cityProblemsEndpointRemove",
    "CityProblemsPollPayload": "cityProblemsPollSave",
    "CityProblemsPollRemovePayload": "cityProblemsPollRemove",
    "CityProblemsReportPayload": "cityProblemsSort",
    "CityProblemsTryRoutePayload": "cityProblemsTryRoute",
    "CityProblemsWatchPayload": "cityProblemsWatch",
    "CustomPayload": "customChange",
    "ExternalIdentityUnlinkPayload": "externalIdentityUnlink",
    "FiguresPayload": "figuresPublish",
    "FileUploadBeginPayload": "fileUploadBegin",
    "InvitationAcceptPayload": "invitationAccept",
    "ModuleSettingsPayload": "settingsChange",
    "NotificationPreferencesPayload": "notificationPreferencesChange",
    "NotificationRulePayload": "notificationRuleChange",
    "NotificationsReadPayload": "notificationsRead",
    "OperatorAccessPayload": "operatorAccessDecide",
    "OrgUnitPayload": "unitAdd",
    "PersonAccountPayload": "personInvite",
    "PersonErasePayload": "personErase",
    "PersonPayload": "personChange",
    "RolePayload": "roleSave",
    "SessionsPayload": "sessionClose",
    "SignInPayload": "signIn",
    "TerritoryPayload": "territorySave",
    "TokenCreatePayload": "tokenCreate",
    "TotpBeginPayload": "totpBegin",
    "TotpConfirmPayload": "totpConfirm",
    "WorkCalendarPayload": "workDaySet",
}
"""The mutation by which a payload is reached."""

TYPES |= {payload: Way(path=f"mutation {mutation} {{ @ }}") for payload, mutation in PAYLOADS.items()}
