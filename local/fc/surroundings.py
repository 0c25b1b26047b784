"""What a function finds around it on Function Compute: where it runs, as whom, and in which environment."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.credential import Credential
from local.fc.functions import Function
from local.fc.interpreters import Interpreter, running


@dataclass(frozen=True)
class Platform:
    """The same for all functions: region, account, their role's `credential`, and the interpreters by runtime."""

    region: str
    account_id: str
    credential: Credential
    interpreters: Mapping[str, Interpreter] = field(default_factory=dict)

    def interpreter(self, runtime: str) -> Interpreter:
        """The Python for functions of `runtime`; our own when nothing else was chosen."""
        return self.interpreters.get(runtime) or running()


def credentials(platform: Platform) -> dict[str, str]:
    """The role's credential, its parts by the names that FC gives to them."""
    role = platform.credential
    return {"access_key_id": role.id, "access_key_secret": role.secret, "security_token": role.token}


def settings(function: Function, platform: Platform) -> dict[str, Any]:
    """What `boot` must know before the first request."""
    return {
        "bundle": str(function.code),
        "site_packages": platform.interpreter(function.runtime).site_packages,
        "runtime": function.runtime,
        "region": platform.region,
        "account_id": platform.account_id,
        "function": {
            "name": function.name,
            "handler": function.handler,
            "memory": function.memory,
            "timeout": function.timeout,
        },
    }


def environment(function: Function, platform: Platform) -> dict[str, str]:
    """What FC sets, then what the function's own settings say, and nothing of this machine but PATH."""
    # python3.12 runs on Debian 11, where the version's variable has another name; its credentials are here, too.
    newer = function.runtime == "python3.12"
    role = {f"ALIBABA_CLOUD_{key.upper()}": value for key, value in credentials(platform).items()}
    return {
        "PATH": os.defpath,
        "TZ": "UTC",
        **function.environment,
        "FC_ACCOUNT_ID": platform.account_id,
        "FC_FUNC_CODE_PATH": str(function.code),
        "FC_FUNCTION_HANDLER": function.handler,
        "FC_FUNCTION_MEMORY_SIZE": str(function.memory),
        "FC_FUNCTION_NAME": function.name,
        "FC_INSTANCE_ID": f"c-{uuid.uuid4().hex}",
        "FC_REGION": platform.region,
        "FC_FUNCTION_VERSION" if newer else "FC_VER_ID": "LATEST",
        **(role if newer else {}),
    }
