(struct_item name: (type_identifier) @type) @scope.type

(enum_item name: (type_identifier) @type) @scope.type

(union_item name: (type_identifier) @type) @scope.type

(trait_item name: (type_identifier) @type) @scope.type

(type_item name: (type_identifier) @type)

(associated_type name: (type_identifier) @type)

(impl_item) @scope.type

(function_item name: (identifier) @function) @scope.function

(function_signature_item name: (identifier) @function)

(macro_definition name: (identifier) @function)

(closure_expression) @scope.function

(closure_parameters (identifier) @parameter)

(parameter pattern: (identifier) @parameter)

(parameter pattern: (_ (identifier) @parameter))

(let_declaration pattern: (identifier) @variable)

(let_declaration pattern: (_ (identifier) @variable))

(for_expression pattern: (identifier) @variable)

(for_expression pattern: (_ (identifier) @variable))

(field_declaration name: (field_identifier) @field)

(enum_variant name: (identifier) @constant)

(const_item name: (identifier) @constant)

(static_item name: (identifier) @constant)

(mod_item name: (identifier) @module)
