"""Brings the extract that data.lock names from the bucket, and refuses any other bytes than those that it names."""

import hashlib
import os
import sys
from pathlib import Path

import boto3

HERE = Path(__file__).parent


def main():
    digest, bucket, key = (HERE / "data.lock").read_text().split()
    store = boto3.client("s3", endpoint_url=os.environ.get("S3_ENDPOINT"), region_name="eu-central-1")
    body = store.get_object(Bucket=bucket, Key=key)["Body"].read()
    if hashlib.sha256(body).hexdigest() != digest:
        sys.exit(f"{bucket}/{key} is not what data.lock says: {digest}")
    target = HERE / "data" / "heating.csv"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(body)


if __name__ == "__main__":
    main()
