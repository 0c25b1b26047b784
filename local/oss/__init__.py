"""The local OSS: enough of Alibaba Cloud OSS for the unmodified oss2 SDK, with exact append and listing semantics.

`engine` and `multipart` hold the objects, `image` is IMG (x-oss-process), `signature` checks V1 and V4, `http` serves
it all. What it does not do (versions, ACLs, tags, lifecycle, symlinks) it refuses with 501; it never pretends.
"""
