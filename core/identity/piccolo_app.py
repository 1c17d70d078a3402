"""Identity's tables as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.identity.tables import (
    Credential,
    Erasure,
    ErasurePart,
    ExternalIdentity,
    IdentityProvider,
    OidcFlow,
    OneTimeKey,
    OperatorAccess,
    OrgUnit,
    RecoveryCode,
    RoleGrant,
    RoleRow,
    SignInAttempts,
    SignInCode,
    UserAccount,
)

APP_CONFIG = app(
    __name__,
    OrgUnit,
    UserAccount,
    RoleRow,
    RoleGrant,
    OperatorAccess,
    Credential,
    SignInAttempts,
    SignInCode,
    OneTimeKey,
    RecoveryCode,
    IdentityProvider,
    ExternalIdentity,
    OidcFlow,
    Erasure,
    ErasurePart,
)
