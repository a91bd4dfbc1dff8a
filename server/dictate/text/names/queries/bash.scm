(function_definition name: (word) @function) @scope.function

(variable_assignment name: (variable_name) @variable)

(for_statement variable: (variable_name) @variable)
