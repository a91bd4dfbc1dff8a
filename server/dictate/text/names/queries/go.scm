(type_spec name: (type_identifier) @type) @scope.type

(type_alias name: (type_identifier) @type)

(function_declaration name: (identifier) @function) @scope.function

(method_declaration name: (field_identifier) @function) @scope.function

(func_literal) @scope.function

(method_elem name: (field_identifier) @function)

(method_spec name: (field_identifier) @function)

(parameter_declaration name: (identifier) @parameter)

(variadic_parameter_declaration name: (identifier) @parameter)

(field_declaration name: (field_identifier) @field)

(const_spec name: (identifier) @constant)

(var_spec name: (identifier) @variable)

(short_var_declaration left: (expression_list (identifier) @variable))

(range_clause left: (expression_list (identifier) @variable))

(import_spec name: (package_identifier) @module)

(package_clause (package_identifier) @module)
