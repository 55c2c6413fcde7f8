"""Every environment variable the product reads, typed and checked in one place.

pydantic-settings, since pydantic is here anyway and a wrong value stops the start with a message
that names the variable.
"""

import os
from contextlib import suppress
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from django.core.management.utils import get_random_secret_key
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

type Network = IPv4Network | IPv6Network
type Port = Annotated[int, Field(ge=1, le=65_535)]


class Environment(BaseSettings):
    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    database_url: str | None = None  # None: the embedded PostgreSQL.
    database_direct_url: str | None = None
    database_pooler: Literal[
        "auto", "direct", "session", "pgbouncer", "pgbouncer-prepared", "supavisor"
    ] = "auto"
    database_django_pool: int = Field(0, ge=0, le=100)  # Connections; 0: one for each request.
    database_statement_names: Literal["unnamed", "unique"] = "unnamed"
    console_data_dir: Path = Path(".data")
    console_secret_key: str | None = None
    console_allowed_hosts: Annotated[list[str], NoDecode] = ["127.0.0.1", "localhost", "[::1]"]
    console_allowed_networks: Annotated[list[Network], NoDecode] = []
    console_denied_networks: Annotated[list[Network], NoDecode] = []
    console_allowed_ports: Annotated[list[Port], NoDecode] = [80, 443]
    console_host_concurrency: int = Field(2, ge=1, le=20)
    console_page_megabytes: int = Field(5, ge=1, le=20)
    console_host_delay_seconds: float = Field(0.5, ge=0, le=60)
    console_contact_url: str = Field("", max_length=500, pattern=r"^(https?://[!-~]+)?$")
    console_lease_seconds: float = Field(30.0, ge=1.0)
    console_deobfuscate: bool = True  # Whether addresses that are written against robots are found.
    console_retention_days: int = Field(0, ge=0, le=36_500)  # Of e-mail addresses; 0: for ever.
    console_batch_retention_days: int = Field(0, ge=0, le=36_500)  # 0: for ever.

    @field_validator(
        "console_allowed_hosts",
        "console_allowed_networks",
        "console_denied_networks",
        "console_allowed_ports",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @cached_property
    def data_dir(self) -> Path:
        path = self.console_data_dir.expanduser().resolve()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    @cached_property
    def secret_key(self) -> str:
        """From the environment, else made once and kept in the data directory."""
        if self.console_secret_key:
            return self.console_secret_key
        path = self.data_dir / "secret_key"
        if not path.exists():
            draft = self.data_dir / f"secret_key.{os.getpid()}"
            draft.touch(mode=0o600)
            draft.write_text(get_random_secret_key())
            # A link appears whole or not at all: of two processes starting at once, the first wins.
            with suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        return path.read_text()


def read() -> Environment:
    """Ends the process with a sentence for each variable that is wrong: its value is not repeated."""
    try:
        return Environment()
    except ValidationError as error:
        wrong = [f"{found['loc'][0]}".upper() + f": {found['msg']}." for found in error.errors()]
        raise SystemExit("\n".join(wrong)) from None
