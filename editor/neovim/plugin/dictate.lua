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

vim.keymap.set({ 'n', 'i' }, '<Plug>(dictate-handsfree)', function()
  require('dictate').hands_free()
end, { desc = 'Start or stop listening hands-free' })

vim.keymap.set({ 'n', 'i' }, '<Plug>(dictate-vibe)', function()
  require('dictate').vibe()
end, { desc = 'Start or stop listening hands-free, for prose' })

vim.keymap.set({ 'n', 'i' }, '<Plug>(dictate-raw)', function()
  require('dictate').raw()
end, { desc = 'Swap the last dictated text for what was heard' })

vim.keymap.set({ 'n', 'i' }, '<Plug>(dictate-alternatives)', function()
  require('dictate').alternatives()
end, { desc = 'Choose another text instead of the last dictated one' })

vim.keymap.set({ 'n', 'i' }, '<Plug>(dictate-cancel)', function()
  require('dictate').cancel()
end, { desc = 'Throw away what is being dictated' })

vim.keymap.set({ 'n', 'i' }, '<Plug>(dictate-history)', function()
  require('dictate').history()
end, { desc = 'Insert one of the last dictations' })

local function set_highlights()
  -- As text, without the background: that of the cursor's line shows through. Where text has no
  -- colour of its own, in a comment the comment's would show through, too: then bold tells it.
  local normal = vim.api.nvim_get_hl(0, { name = 'Normal' })
  vim.api.nvim_set_hl(0, 'DictateCommitted', {
    fg = normal.fg,
    bold = normal.fg == nil,
    ctermfg = normal.ctermfg,
    cterm = { bold = normal.ctermfg == nil },
    default = true,
  })
  for group, target in pairs({
    DictateListening = 'DiagnosticError',
    DictateLevel = 'DiagnosticOk',
    DictateFinishing = 'DiagnosticInfo',
    DictatePartial = 'Comment',
    DictateDoubtful = 'DiagnosticUnderlineHint',
  }) do
    vim.api.nvim_set_hl(0, group, { link = target, default = true })
  end
end

set_highlights()
vim.api.nvim_create_autocmd('ColorScheme', {
  group = vim.api.nvim_create_augroup('dictate_highlights', {}),
  callback = set_highlights,
})
