# The rules of the language come with tflint; those of AWS are a program of their own, which its vendor serves alone.
plugin "terraform" {
  enabled = true
  preset  = "recommended"
}

config {
  # Every module is inspected where it lies.
  call_module_type = "none"
}
