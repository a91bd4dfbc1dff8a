(function_declaration name: (identifier) @function) @scope.function

(function_declaration name: (dot_index_expression field: (identifier) @function)) @scope.function

(function_declaration name: (method_index_expression method: (identifier) @function)) @scope.function

(function_definition) @scope.function

(parameters name: (identifier) @parameter)

(variable_declaration (assignment_statement (variable_list name: (identifier) @variable)))

(variable_declaration (variable_list name: (identifier) @variable))

(assignment_statement (variable_list name: (identifier) @variable))

(assignment_statement (variable_list name: (dot_index_expression field: (identifier) @field)))

(assignment_statement (variable_list name: (identifier) @function)
  (expression_list value: (function_definition)))

(assignment_statement (variable_list name: (dot_index_expression field: (identifier) @function))
  (expression_list value: (function_definition)))

(for_generic_clause (variable_list name: (identifier) @variable))

(for_numeric_clause name: (identifier) @variable)

(field name: (identifier) @field)
