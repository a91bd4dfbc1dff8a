-- Run by `dictate demo`: nvim -l demo.lua INSTRUCTIONS REPORT (both JSON).
-- Dictates each recording at its place with `:Dictate file`, writes the buffer, reports the finals.

local instructions = vim.json.decode(table.concat(vim.fn.readfile(arg[1]), '\n'))
-- Nobody is there to answer a question.
vim.g.dictate = { cmd = instructions.cmd, settings = { models = { offer = false } } }
vim.opt.runtimepath:prepend(instructions.plugin)
vim.cmd.runtime('plugin/dictate.lua')
vim.cmd.filetype('on')
vim.cmd.edit(vim.fn.fnameescape(instructions.file))

local finals = {}
vim.api.nvim_create_autocmd('User', {
  pattern = 'DictateFinal',
  callback = function(event)
    finals[#finals + 1] = event.data
  end,
})

for index, step in ipairs(instructions.steps) do
  -- In normal mode text goes behind the character under the cursor, as with `a`.
  vim.api.nvim_win_set_cursor(0, { step.row, math.max(0, step.column - 1) })
  vim.cmd.Dictate({ args = { 'file', vim.fn.fnameescape(step.recording) } })
  vim.wait(instructions.timeout_ms, function()
    return #finals >= index
  end, 5)
end

vim.cmd('silent write')
vim.fn.writefile({ vim.json.encode(finals) }, arg[2])
