(class_declaration name: (identifier) @type) @scope.type

(interface_declaration name: (identifier) @type) @scope.type

(enum_declaration name: (identifier) @type) @scope.type

(record_declaration name: (identifier) @type) @scope.type

(annotation_type_declaration name: (identifier) @type)

(method_declaration name: (identifier) @function) @scope.function

(constructor_declaration) @scope.function

(lambda_expression) @scope.function

(lambda_expression parameters: (identifier) @parameter)

(inferred_parameters (identifier) @parameter)

(formal_parameter name: (identifier) @parameter)

(spread_parameter (variable_declarator name: (identifier) @parameter))

(local_variable_declaration declarator: (variable_declarator name: (identifier) @variable))

(enhanced_for_statement name: (identifier) @variable)

(catch_formal_parameter name: (identifier) @variable)

(field_declaration declarator: (variable_declarator name: (identifier) @field))

(enum_constant name: (identifier) @constant)
