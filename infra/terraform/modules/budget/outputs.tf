output "name" {
  description = "Name of the budget."
  value       = local.create ? aws_budgets_budget.this[0].name : data.aws_budgets_budget.existing[0].name
}
