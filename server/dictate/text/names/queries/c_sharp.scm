(class_declaration name: (identifier) @type) @scope.type

(interface_declaration name: (identifier) @type) @scope.type

(struct_declaration name: (identifier) @type) @scope.type

(enum_declaration name: (identifier) @type) @scope.type

(record_declaration name: (identifier) @type) @scope.type

(delegate_declaration name: (identifier) @type)

(namespace_declaration name: (identifier) @module)

(method_declaration name: (identifier) @function) @scope.function

(local_function_statement name: (identifier) @function) @scope.function

(constructor_declaration) @scope.function

(lambda_expression) @scope.function

(property_declaration) @scope.function

(property_declaration name: (identifier) @field)

(parameter name: (identifier) @parameter)

(lambda_expression parameters: (implicit_parameter) @parameter)

(local_declaration_statement (variable_declaration (variable_declarator name: (identifier) @variable)))

(foreach_statement left: (identifier) @variable)

(catch_declaration name: (identifier) @variable)

(field_declaration (variable_declaration (variable_declarator name: (identifier) @field)))

(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @field)))

(enum_member_declaration name: (identifier) @constant)
