"""What a deployment would have made before the first photo: bucket, queue, and a character for two routes."""

from __future__ import annotations

from pathlib import Path

import oss2
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import QueueMeta

from local.stack import Stack

TEMPLATES = Path(__file__).resolve().parents[1] / "demo" / "templates"


def furnish(stack: Stack) -> None:
    """Make what is missing; touch nothing that is there."""
    auth = oss2.AuthV4(stack.access_key_id, stack.access_key_secret)
    bucket = oss2.Bucket(auth, stack.oss, stack.bucket, region=stack.region, enable_crc=False)
    bucket.create_bucket()
    for template in sorted(TEMPLATES.glob("*.png")):
        key = f"templates/{template.name}"
        if not bucket.object_exists(key):
            bucket.put_object_from_file(key, str(template))
    account = Account(stack.mns, stack.access_key_id, stack.access_key_secret)
    try:
        account.get_queue(stack.queue).create(QueueMeta(60, 65536, 604800, 0, 0))
    except MNSServerException as error:
        if error.type != "QueueAlreadyExist":
            raise
