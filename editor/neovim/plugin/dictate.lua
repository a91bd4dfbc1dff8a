-- Wires the command, the mappings and the highlights; everything else loads at first use.

if vim.g.loaded_dictate then
  return
end
vim.g.loaded_dictate = true

vim.api.nvim_create_user_command('Dictate', function(arguments)
  require('dictate.command').run(arguments.args)
end, {
  nargs = '*',
  bar = true,
  complete = function(lead, line, column)
    return require('dictate.command').complete(lead, line, column)
  end,
  desc = 'Dictate into the buffer',
})

vim.keymap.set({ 'n', 'i' }, '<Plug>(dictate-toggle)', function()
  require('dictate').toggle()
end, { desc = 'Start or stop dictating' })

vim.keymap.set({ 'n', 'i' }, '<Plug>(dictate-hold)', function()
  require('dictate.hold').press()
end, { desc = 'Dictate while the key is held' })

local function set_highlights()
  for group, target in pairs({
    DictateListening = 'DiagnosticError',
    DictateLevel = 'DiagnosticOk',
    DictateFinishing = 'DiagnosticInfo',
    DictatePartial = 'Comment',
  }) do
    vim.api.nvim_set_hl(0, group, { link = target, default = true })
  end
end

set_highlights()
vim.api.nvim_create_autocmd('ColorScheme', {
  group = vim.api.nvim_create_augroup('dictate_highlights', {}),
  callback = set_highlights,
})
