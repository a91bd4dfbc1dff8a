-- `:Dictate models`: which pairs of models there are, getting one, changing to one.

local client = require('dictate.client')
local notify = require('dictate.notify')

local M = {}

-- Completion waits for the server no longer than a key press may feel slow.
local COMPLETION_MS = 1500

---@param name string
---@param argument? table
---@param callback? fun(result: any)
local function execute(name, argument, callback)
  client.ready(function(problem)
    if problem then
      notify.error(problem)
      return
    end
    client.execute('dictate.models.' .. name, argument, function(fault, result)
      if fault then
        notify.error(fault)
      elseif callback then
        callback(result)
      end
    end)
  end)
end

---@param pair dictate.PairItem
---@return string
local function described(pair)
  local where = 'on this machine'
  if not pair.installed then
    local size_mb = pair.downloadMb
    where = not size_mb and 'to download'
      or size_mb >= 1000 and ('%.1f GB to download'):format(size_mb / 1000)
      or ('%d MB to download'):format(size_mb)
  end
  local mark = pair.running and '* ' or pair.fits and '  ' or '! '
  return ('%s%s (%s), %s: %s'):format(mark, pair.name, pair.models, where, pair.reason)
end

--- Lets the user choose a pair, which is downloaded where needed and then used.
local function choose()
  execute('list', nil, function(pairs_found)
    vim.ui.select(pairs_found, {
      prompt = 'Pair of models (* in use, ! too large for this machine):',
      kind = 'dictate',
      format_item = described,
    }, function(pair)
      if pair then
        execute('use', { name = pair.name })
      end
    end)
  end)
end

---@param argument string everything behind `:Dictate models`
function M.run(argument)
  local action, name = argument:match('^(%S*)%s*(.-)$')
  if action == '' then
    choose()
  elseif action == 'cancel' and name == '' then
    execute('cancel')
  elseif (action == 'use' or action == 'pull') and name ~= '' then
    execute(action, { name = name })
  elseif action == 'use' or action == 'pull' then
    notify.error(('which pair? Say :Dictate models %s {name}'):format(action))
  else
    notify.error((":Dictate models takes no '%s': see :help :Dictate-models"):format(argument))
  end
end

---@return string[]
local function names()
  local found
  client.ready(function(problem)
    if problem then
      found = {}
      return
    end
    client.execute('dictate.models.list', nil, function(_, result)
      found = vim.tbl_map(function(pair)
        return pair.name
      end, result or {})
    end)
  end)
  vim.wait(COMPLETION_MS, function()
    return found ~= nil
  end, 10)
  return found or {}
end

--- What may stand behind `:Dictate models`.
---@param argument string what stands there already, but for the word under the cursor
---@return string[]
function M.candidates(argument)
  local action = argument:match('^(%S+)%s')
  if not action then
    return { 'cancel', 'pull', 'use' }
  end
  return (action == 'use' or action == 'pull') and names() or {}
end

return M
