"""Four roles, each with what the one before it may do. Kept as Django groups, so an admin can see them."""

from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db import DEFAULT_DB_ALIAS

from batches.models import Batch

VIEWER = {"view_batch"}
OPERATOR = VIEWER | {"add_batch", "pause_batch", "curate"}
STAFF = OPERATOR | {"cancel_batch", "retry_batch", "delete_batch", "view_connections"}
ROLES: dict[str, set[str]] = {
    "viewer": VIEWER,
    "operator": OPERATOR,
    "staff": STAFF,
    "admin": STAFF,
}

# What a refusal says.
WORDS = {
    "view_batch": "see batches",
    "add_batch": "create and start batches",
    "pause_batch": "pause and resume batches",
    "cancel_batch": "cancel batches of others",
    "retry_batch": "retry failed items",
    "delete_batch": "delete batches",
    "curate": "judge what was found",
    "view_connections": "see how this console is connected",
}

# What each verb of a batch needs.
NEEDED = {
    "start": "add_batch",
    "pause": "pause_batch",
    "resume": "pause_batch",
    "cancel": "cancel_batch",
    "delete": "delete_batch",
}


def give_role(user: User, role: str) -> None:
    user.groups.set([Group.objects.get(name=role)])
    user.is_superuser = user.is_staff = role == "admin"
    user.save(update_fields=["is_superuser", "is_staff"])


def may(user: Any, permission: str, batch: Batch | None = None) -> bool:
    """Whether `user` may do what the permission of Batch says; own batches can always be cancelled."""
    if user.has_perm(f"batches.{permission}"):
        return True
    own = batch is not None and batch.created_by_id == user.pk
    return permission == "cancel_batch" and own and bool(user.has_perm("batches.add_batch"))


def create_groups(using: str = DEFAULT_DB_ALIAS, **signal: Any) -> None:
    """After every migrate: the groups as this file says, whatever was there before."""
    for role, names in ROLES.items():
        # On the connection that migrates: no other can see it yet.
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set(
            Permission.objects.using(using).filter(
                content_type__app_label="batches", codename__in=names
            )
        )
