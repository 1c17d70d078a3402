"""Processes as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.processes.figures.tables import CaseFact, ImportedLog, ProcessEvent, StepFact
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.registry.tables import (
    CityFunction,
    FunctionOperation,
    FunctionSystem,
    ItSystem,
    PositionDuty,
    Power,
    StaffPosition,
)
from leancity.core.processes.reports.tables import OwnerReport, ProcessIndicator, ReportPlan, ReportRun
from leancity.core.processes.running.tables import (
    Absence,
    MessageWait,
    ProcessInstance,
    ProcessMoveRun,
    ProcessTimer,
    ServiceCall,
    WorkItem,
)
from leancity.core.processes.versions.tables import (
    LaneBinding,
    Process,
    ProcessAgreement,
    ProcessDecision,
    ProcessFlow,
    ProcessForm,
    ProcessMeasure,
    ProcessNode,
    ProcessVersion,
    TrialUnit,
)

APP_CONFIG = app(
    __name__,
    StaffPosition,
    Power,
    PositionDuty,
    CityFunction,
    FunctionOperation,
    ItSystem,
    FunctionSystem,
    Process,
    ProcessVersion,
    ProcessNode,
    ProcessFlow,
    ProcessForm,
    ProcessDecision,
    LaneBinding,
    ProcessAgreement,
    ProcessMeasure,
    TrialUnit,
    ProcessInstance,
    ProcessMoveRun,
    WorkItem,
    ProcessTimer,
    MessageWait,
    ServiceCall,
    Absence,
    ImportedLog,
    CaseFact,
    StepFact,
    ProcessEvent,
    ReportPlan,
    ReportRun,
    OwnerReport,
    ProcessIndicator,
    PackageAdoption,
)
