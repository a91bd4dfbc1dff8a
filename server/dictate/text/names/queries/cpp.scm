(class_specifier name: (type_identifier) @type body: (_)) @scope.type

(struct_specifier name: (type_identifier) @type body: (_)) @scope.type

(union_specifier name: (type_identifier) @type body: (_)) @scope.type

(enum_specifier name: (type_identifier) @type body: (_)) @scope.type

(alias_declaration name: (type_identifier) @type)

(type_definition declarator: (type_identifier) @type)

(type_parameter_declaration (type_identifier) @type)

(namespace_definition name: (namespace_identifier) @module)

(function_definition) @scope.function

(lambda_expression) @scope.function

(function_declarator declarator: (identifier) @function)

(function_declarator declarator: (field_identifier) @function)

(function_declarator declarator: (qualified_identifier name: (identifier) @function))

(function_declarator
  declarator: (qualified_identifier name: (qualified_identifier name: (identifier) @function)))

(preproc_function_def name: (identifier) @function)

(preproc_def name: (identifier) @constant)

(enumerator name: (identifier) @constant)

(parameter_declaration declarator: (identifier) @parameter)

(parameter_declaration declarator: (pointer_declarator declarator: (identifier) @parameter))

(parameter_declaration declarator: (reference_declarator (identifier) @parameter))

(optional_parameter_declaration declarator: (identifier) @parameter)

(optional_parameter_declaration declarator: (_ (identifier) @parameter))

(declaration declarator: (identifier) @variable)

(declaration declarator: (pointer_declarator declarator: (identifier) @variable))

(init_declarator declarator: (identifier) @variable)

(init_declarator declarator: (pointer_declarator declarator: (identifier) @variable))

(init_declarator declarator: (reference_declarator (identifier) @variable))

(for_range_loop declarator: (identifier) @variable)

(for_range_loop declarator: (reference_declarator (identifier) @variable))

(field_declaration declarator: (field_identifier) @field)

(field_declaration declarator: (pointer_declarator declarator: (field_identifier) @field))

(field_declaration declarator: (array_declarator declarator: (field_identifier) @field))
