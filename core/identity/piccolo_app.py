"""Identity's tables as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.identity.tables import Credential, OrgUnit, RoleGrant, RoleRow, UserAccount

APP_CONFIG = app(__name__, OrgUnit, UserAccount, RoleRow, RoleGrant, Credential)
