(struct_specifier name: (type_identifier) @type body: (_)) @scope.type

(union_specifier name: (type_identifier) @type body: (_)) @scope.type

(enum_specifier name: (type_identifier) @type body: (_)) @scope.type

(type_definition declarator: (type_identifier) @type)

(type_definition declarator: (_ (type_identifier) @type))

(function_definition) @scope.function

(function_declarator declarator: (identifier) @function)

(preproc_function_def name: (identifier) @function)

(preproc_def name: (identifier) @constant)

(enumerator name: (identifier) @constant)

(parameter_declaration declarator: (identifier) @parameter)

(parameter_declaration declarator: (pointer_declarator declarator: (identifier) @parameter))

(parameter_declaration declarator: (pointer_declarator (pointer_declarator (identifier) @parameter)))

(parameter_declaration declarator: (array_declarator declarator: (identifier) @parameter))

(preproc_params (identifier) @parameter)

(declaration declarator: (identifier) @variable)

(declaration declarator: (pointer_declarator declarator: (identifier) @variable))

(declaration declarator: (array_declarator declarator: (identifier) @variable))

(init_declarator declarator: (identifier) @variable)

(init_declarator declarator: (pointer_declarator declarator: (identifier) @variable))

(init_declarator declarator: (array_declarator declarator: (identifier) @variable))

(field_declaration declarator: (field_identifier) @field)

(field_declaration declarator: (pointer_declarator declarator: (field_identifier) @field))

(field_declaration declarator: (array_declarator declarator: (field_identifier) @field))
