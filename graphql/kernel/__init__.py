"""What the kernel itself adds to every city's schema. Its root fields stay flat on Query and Mutation."""

from __future__ import annotations

from leancity.graphql.kernel.case_bulk import CaseBulkMutation
from leancity.graphql.kernel.case_filters import CaseFilterMutation, CaseFilterQuery
from leancity.graphql.kernel.case_handovers import CaseHandoverMutation
from leancity.graphql.kernel.case_kinds import CaseKindQuery
from leancity.graphql.kernel.case_moves import CaseMoveMutation
from leancity.graphql.kernel.case_notes import CaseNoteMutation
from leancity.graphql.kernel.case_terms import CaseTermMutation
from leancity.graphql.kernel.cases import CaseQuery
from leancity.graphql.kernel.city import CityQuery
from leancity.graphql.kernel.identity import IdentityMutation, IdentityQuery
from leancity.graphql.kernel.inbox import InboxQuery
from leancity.graphql.kernel.module_settings import ModuleSettingsMutation, ModuleSettingsQuery
from leancity.graphql.kernel.work_calendar import WorkCalendarMutation, WorkCalendarQuery

QUERIES: tuple[type, ...] = (
    CityQuery,
    IdentityQuery,
    CaseQuery,
    CaseKindQuery,
    InboxQuery,
    CaseFilterQuery,
    ModuleSettingsQuery,
    WorkCalendarQuery,
)
MUTATIONS: tuple[type, ...] = (
    IdentityMutation,
    CaseMoveMutation,
    CaseHandoverMutation,
    CaseNoteMutation,
    CaseTermMutation,
    CaseBulkMutation,
    CaseFilterMutation,
    ModuleSettingsMutation,
    WorkCalendarMutation,
)
