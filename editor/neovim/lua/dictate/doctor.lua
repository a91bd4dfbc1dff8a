-- `:Dictate doctor`: what the server's program says of this machine, in a window of its own.

local config = require('dictate.config')
local executable = require('dictate.executable')
local notify = require('dictate.notify')

local M = {}

local NAME = 'dictate://doctor'
local namespace = vim.api.nvim_create_namespace('dictate_doctor')

-- A line begins with a verdict.
local GROUPS = { ok = 'DiagnosticOk', note = 'DiagnosticInfo', fail = 'DiagnosticError' }

---@return integer buffer the window's, made or found
local function open()
  local buffer = vim.fn.bufnr(('^%s$'):format(NAME))
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, NAME)
    vim.bo[buffer].bufhidden = 'wipe'
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'Close the window' })
  end
  local window = vim.fn.bufwinid(buffer)
  if window == -1 then
    vim.cmd.split()
    vim.api.nvim_win_set_buf(0, buffer)
  else
    vim.api.nvim_set_current_win(window)
  end
  vim.wo[0].wrap = true
  return buffer
end

---@param buffer integer
---@param lines string[]
local function show(buffer, lines)
  if not vim.api.nvim_buf_is_valid(buffer) then
    return
  end
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  for index, line in ipairs(lines) do
    local blanks, verdict = line:match('^(%s*)(%a+)%s%s')
    if verdict and GROUPS[verdict] then
      vim.api.nvim_buf_set_extmark(buffer, namespace, index - 1, #blanks, {
        end_col = #blanks + #verdict,
        hl_group = GROUPS[verdict],
      })
    end
  end
end

--- Runs the program's `doctor` and shows what it says.
function M.run()
  local _, problem = executable.server_command()
  local tool = executable.tool_command()
  if problem or not tool then
    notify.error(
      problem
        or 'vim.g.dictate.cmd does not end in `lsp`, so the program is unknown: run `dictate doctor` in a terminal'
    )
    return
  end
  local call = vim.list_extend(vim.list_slice(tool), { 'doctor' })
  local title = table.concat(call, ' ')
  local buffer
  local started, fault = pcall(
    vim.system,
    call,
    { text = true, env = config.get().env },
    function(result)
      vim.schedule(function()
        local said = vim.trim(result.stdout .. '\n' .. result.stderr)
        if said == '' then
          said = ('it said nothing (exit code %d)'):format(result.code)
        end
        show(buffer, vim.list_extend({ title, '' }, vim.split(said, '\n')))
      end)
    end
  )
  if not started then
    notify.error(("'%s' does not run: %s"):format(title, tostring(fault)))
    return
  end
  buffer = open()
  show(buffer, { title .. ' …' })
end

return M
