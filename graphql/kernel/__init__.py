"""What the kernel itself adds to every city's schema. Its root fields stay flat on Query and Mutation."""

from __future__ import annotations

from leancity.graphql.kernel.accesses import OperatorAccessMutation, OperatorAccessQuery
from leancity.graphql.kernel.account import AccountMutation, AccountQuery
from leancity.graphql.kernel.account_links import AccountLinkMutation
from leancity.graphql.kernel.accounts import AccountsMutation
from leancity.graphql.kernel.audit import AuditQuery
from leancity.graphql.kernel.case_bulk import CaseBulkMutation
from leancity.graphql.kernel.case_filters import CaseFilterMutation, CaseFilterQuery
from leancity.graphql.kernel.case_handovers import CaseHandoverMutation
from leancity.graphql.kernel.case_kinds import CaseKindQuery
from leancity.graphql.kernel.case_moves import CaseMoveMutation
from leancity.graphql.kernel.case_notes import CaseNoteMutation
from leancity.graphql.kernel.case_terms import CaseTermMutation
from leancity.graphql.kernel.cases import CaseQuery
from leancity.graphql.kernel.city import CityQuery
from leancity.graphql.kernel.customs import CustomMutation, CustomQuery
from leancity.graphql.kernel.erasures import ErasureMutation, ErasureQuery
from leancity.graphql.kernel.figures import FigureMutation, FigureQuery
from leancity.graphql.kernel.files import FileMutation
from leancity.graphql.kernel.function_imports import FunctionImportMutation, FunctionImportQuery
from leancity.graphql.kernel.function_passports import FunctionPassportQuery
from leancity.graphql.kernel.functions import FunctionMutation, FunctionQuery
from leancity.graphql.kernel.identity import IdentityQuery
from leancity.graphql.kernel.inbox import InboxQuery
from leancity.graphql.kernel.it_systems import ItSystemMutation, ItSystemQuery
from leancity.graphql.kernel.live import LiveSubscription
from leancity.graphql.kernel.live_notifications import NotificationSubscription
from leancity.graphql.kernel.module_settings import ModuleSettingsMutation, ModuleSettingsQuery
from leancity.graphql.kernel.my_cases import MyCaseQuery
from leancity.graphql.kernel.notification_preferences import (
    NotificationPreferenceMutation,
    NotificationPreferenceQuery,
)
from leancity.graphql.kernel.notification_rules import NotificationRuleMutation, NotificationRuleQuery
from leancity.graphql.kernel.notifications import NotificationMutation, NotificationQuery
from leancity.graphql.kernel.organisation import OrganisationMutation, OrganisationQuery
from leancity.graphql.kernel.people import PeopleMutation, PeopleQuery
from leancity.graphql.kernel.positions import PositionMutation, PositionQuery
from leancity.graphql.kernel.powers import PowerMutation, PowerQuery
from leancity.graphql.kernel.process_adoptions import AdoptionMutation, AdoptionQuery
from leancity.graphql.kernel.process_figures import ProcessFiguresQuery
from leancity.graphql.kernel.process_figures_logs import ProcessLogMutation, ProcessLogQuery
from leancity.graphql.kernel.process_figures_paths import ProcessPathsQuery
from leancity.graphql.kernel.process_improvements import ProcessImprovementQuery
from leancity.graphql.kernel.process_indicators import ProcessIndicatorMutation, ProcessIndicatorQuery
from leancity.graphql.kernel.process_instances import ProcessInstanceMutation, ProcessInstanceQuery
from leancity.graphql.kernel.process_move_runs import (
    ProcessMoveRunMutation,
    ProcessMoveRunQuery,
    ProcessMoveRunSubscription,
)
from leancity.graphql.kernel.process_moving import ProcessMovingMutation, ProcessMovingQuery
from leancity.graphql.kernel.process_packages import PracticeMutation, PracticeQuery
from leancity.graphql.kernel.process_publishing import ProcessPublishingMutation
from leancity.graphql.kernel.process_report_runs import (
    OwnerReportRunMutation,
    OwnerReportRunQuery,
    OwnerReportRunSubscription,
)
from leancity.graphql.kernel.process_reports import OwnerReportMutation, OwnerReportQuery
from leancity.graphql.kernel.process_standing import ProcessStandingQuery
from leancity.graphql.kernel.process_versions import ProcessVersionMutation, ProcessVersionQuery
from leancity.graphql.kernel.process_work import ProcessWorkQuery
from leancity.graphql.kernel.process_work_live import ProcessWorkSubscription
from leancity.graphql.kernel.process_work_verbs import ProcessWorkMutation
from leancity.graphql.kernel.process_workload import AbsenceMutation, ProcessWorkloadQuery
from leancity.graphql.kernel.processes import ProcessMutation, ProcessQuery
from leancity.graphql.kernel.providers import ProviderMutation, ProviderQuery
from leancity.graphql.kernel.roles import RoleMutation, RoleQuery
from leancity.graphql.kernel.sign_in_codes import SignInCodeMutation
from leancity.graphql.kernel.work_calendar import WorkCalendarMutation, WorkCalendarQuery

QUERIES: tuple[type, ...] = (
    CityQuery,
    IdentityQuery,
    AccountQuery,
    CaseQuery,
    CaseKindQuery,
    InboxQuery,
    CaseFilterQuery,
    ModuleSettingsQuery,
    CustomQuery,
    WorkCalendarQuery,
    PeopleQuery,
    OrganisationQuery,
    RoleQuery,
    OperatorAccessQuery,
    MyCaseQuery,
    ProviderQuery,
    AuditQuery,
    ErasureQuery,
    NotificationQuery,
    NotificationPreferenceQuery,
    NotificationRuleQuery,
    FigureQuery,
    FunctionQuery,
    FunctionPassportQuery,
    FunctionImportQuery,
    PowerQuery,
    PositionQuery,
    ItSystemQuery,
    ProcessQuery,
    ProcessVersionQuery,
    ProcessInstanceQuery,
    ProcessFiguresQuery,
    ProcessPathsQuery,
    ProcessLogQuery,
    OwnerReportQuery,
    OwnerReportRunQuery,
    ProcessWorkQuery,
    ProcessWorkloadQuery,
    PracticeQuery,
    AdoptionQuery,
    ProcessImprovementQuery,
    ProcessStandingQuery,
    ProcessIndicatorQuery,
    ProcessMovingQuery,
    ProcessMoveRunQuery,
)
MUTATIONS: tuple[type, ...] = (
    AccountMutation,
    AccountLinkMutation,
    SignInCodeMutation,
    AccountsMutation,
    CaseMoveMutation,
    CaseHandoverMutation,
    CaseNoteMutation,
    CaseTermMutation,
    CaseBulkMutation,
    CaseFilterMutation,
    ModuleSettingsMutation,
    CustomMutation,
    WorkCalendarMutation,
    PeopleMutation,
    OrganisationMutation,
    RoleMutation,
    OperatorAccessMutation,
    ProviderMutation,
    ErasureMutation,
    FileMutation,
    FigureMutation,
    FunctionMutation,
    FunctionImportMutation,
    PowerMutation,
    PositionMutation,
    ItSystemMutation,
    ProcessLogMutation,
    NotificationMutation,
    NotificationPreferenceMutation,
    NotificationRuleMutation,
    ProcessMutation,
    ProcessVersionMutation,
    ProcessPublishingMutation,
    ProcessInstanceMutation,
    OwnerReportMutation,
    OwnerReportRunMutation,
    ProcessWorkMutation,
    AbsenceMutation,
    PracticeMutation,
    AdoptionMutation,
    ProcessIndicatorMutation,
    ProcessMovingMutation,
    ProcessMoveRunMutation,
)
SUBSCRIPTIONS: tuple[type, ...] = (
    LiveSubscription,
    NotificationSubscription,
    ProcessWorkSubscription,
    OwnerReportRunSubscription,
    ProcessMoveRunSubscription,
)
