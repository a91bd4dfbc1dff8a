; What is defined where, by kind. Patterns are separated by empty lines: one that an older or newer
; grammar does not know is left out alone.

(class_definition name: (identifier) @type) @scope.type

(function_definition name: (identifier) @function) @scope.function

(lambda) @scope.function

(parameters (identifier) @parameter)

(parameters (default_parameter name: (identifier) @parameter))

(parameters (typed_parameter (identifier) @parameter))

(parameters (typed_default_parameter name: (identifier) @parameter))

(lambda_parameters (identifier) @parameter)

(list_splat_pattern (identifier) @parameter)

(dictionary_splat_pattern (identifier) @parameter)

(assignment left: (identifier) @variable)

(assignment left: [(pattern_list (identifier) @variable) (tuple_pattern (identifier) @variable)])

(assignment left: (attribute object: (identifier) @_self attribute: (identifier) @field)
  (#eq? @_self "self"))

(named_expression name: (identifier) @variable)

(for_statement left: (identifier) @variable)

(for_statement left: [(pattern_list (identifier) @variable) (tuple_pattern (identifier) @variable)])

(for_in_clause left: (identifier) @variable)

(for_in_clause left: (_ (identifier) @variable))

(as_pattern_target (identifier) @variable)

(aliased_import alias: (identifier) @module)

(import_statement name: (dotted_name (identifier) @module))

(import_from_statement module_name: (dotted_name (identifier) @module))
