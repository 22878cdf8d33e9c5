#!/bin/sh
# Makes the bucket, and the user of the servers, who may use this bucket and nothing else. It may run again at any
# time, also to give the user a new secret.
set -eu
mc alias set store "$MINIO_ENDPOINT" "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" >/dev/null
mc mb --ignore-existing "store/$S3_BUCKET"
policy=$(mktemp)
cat >"$policy" <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      "Resource": ["arn:aws:s3:::$S3_BUCKET"]
    },
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      "Resource": ["arn:aws:s3:::$S3_BUCKET/o/*"]
    }
  ]
}
JSON
mc admin policy create store care-bucket "$policy"
rm "$policy"
mc admin user add store "$S3_ACCESS_KEY" "$S3_SECRET_KEY"
# Attaching what is attached is an error to mc, so ask first.
if ! mc admin user info store "$S3_ACCESS_KEY" | grep -q care-bucket; then
	mc admin policy attach store care-bucket --user "$S3_ACCESS_KEY"
fi
echo "bucket $S3_BUCKET and its user are ready"
