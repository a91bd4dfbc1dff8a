(class_declaration name: (_) @type) @scope.type

(abstract_class_declaration name: (_) @type) @scope.type

(interface_declaration name: (_) @type) @scope.type

(type_alias_declaration name: (_) @type) @scope.type

(enum_declaration name: (_) @type) @scope.type

(internal_module name: (identifier) @module)

(module name: (identifier) @module)

(function_declaration name: (identifier) @function) @scope.function

(generator_function_declaration name: (identifier) @function) @scope.function

(function_signature name: (identifier) @function)

(function_expression) @scope.function

(arrow_function) @scope.function

(method_definition name: (_) @function) @scope.function

(method_signature name: (_) @function)

(abstract_method_signature name: (_) @function)

(arrow_function parameter: (identifier) @parameter)

(required_parameter pattern: (identifier) @parameter)

(optional_parameter pattern: (identifier) @parameter)

(required_parameter pattern: (rest_pattern (identifier) @parameter))

(required_parameter pattern: (object_pattern (shorthand_property_identifier_pattern) @parameter))

(required_parameter pattern: (array_pattern (identifier) @parameter))

(variable_declarator name: (identifier) @variable)

(variable_declarator name: (identifier) @function value: (arrow_function))

(variable_declarator name: (identifier) @function value: (function_expression))

(variable_declarator name: (array_pattern (identifier) @variable))

(variable_declarator name: (object_pattern (shorthand_property_identifier_pattern) @variable))

(variable_declarator name: (object_pattern (pair_pattern value: (identifier) @variable)))

(for_in_statement left: (identifier) @variable)

(public_field_definition name: (_) @field)

(property_signature name: (_) @field)

(enum_body name: (property_identifier) @constant)

(enum_assignment name: (property_identifier) @constant)

(assignment_expression left: (member_expression object: (this) property: (_) @field))

(pair key: (property_identifier) @field)

(namespace_import (identifier) @module)

(import_clause (identifier) @module)

(catch_clause parameter: (identifier) @variable)
