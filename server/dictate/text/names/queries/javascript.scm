(class_declaration name: (_) @type) @scope.type

(class name: (_) @type) @scope.type

(function_declaration name: (identifier) @function) @scope.function

(generator_function_declaration name: (identifier) @function) @scope.function

(function_expression) @scope.function

(arrow_function) @scope.function

(method_definition name: (_) @function) @scope.function

(arrow_function parameter: (identifier) @parameter)

(formal_parameters (identifier) @parameter)

(formal_parameters (assignment_pattern left: (identifier) @parameter))

(formal_parameters (rest_pattern (identifier) @parameter))

(formal_parameters (object_pattern (shorthand_property_identifier_pattern) @parameter))

(formal_parameters (array_pattern (identifier) @parameter))

(variable_declarator name: (identifier) @variable)

(variable_declarator name: (identifier) @function value: (arrow_function))

(variable_declarator name: (identifier) @function value: (function_expression))

(variable_declarator name: (array_pattern (identifier) @variable))

(variable_declarator name: (object_pattern (shorthand_property_identifier_pattern) @variable))

(variable_declarator name: (object_pattern (pair_pattern value: (identifier) @variable)))

(for_in_statement left: (identifier) @variable)

(field_definition property: (_) @field)

(assignment_expression left: (member_expression object: (this) property: (_) @field))

(pair key: (property_identifier) @field)

(namespace_import (identifier) @module)

(import_clause (identifier) @module)

(catch_clause parameter: (identifier) @variable)
