output "buckets" {
  description = "Name of each bucket, by purpose."
  value       = { for purpose, bucket in module.object_store.buckets : purpose => bucket.name }
}
