(class name: (constant) @type) @scope.type

(class name: (scope_resolution name: (constant) @type)) @scope.type

(module name: (constant) @module) @scope.type

(method name: (_) @function) @scope.function

(singleton_method name: (_) @function) @scope.function

(block) @scope.function

(do_block) @scope.function

(lambda) @scope.function

(method_parameters (identifier) @parameter)

(optional_parameter name: (identifier) @parameter)

(keyword_parameter name: (identifier) @parameter)

(splat_parameter name: (identifier) @parameter)

(hash_splat_parameter name: (identifier) @parameter)

(block_parameter name: (identifier) @parameter)

(block_parameters (identifier) @parameter)

(lambda_parameters (identifier) @parameter)

(assignment left: (identifier) @variable)

(assignment left: (left_assignment_list (identifier) @variable))

(assignment left: (instance_variable) @field)

(assignment left: (constant) @constant)

(call method: (identifier) @_macro arguments: (argument_list (simple_symbol) @field)
  (#match? @_macro "^attr_"))
