-- `:Dictate` and its subcommands.

local client = require('dictate.client')
local latency = require('dictate.latency')
local notify = require('dictate.notify')

local M = {}

-- Completion waits for the server no longer than a key press may feel slow.
local COMPLETION_MS = 1500

--- Asks the server, starting it where needed; problems are said.
---@param method string
---@param parameters table
---@param callback fun(result: any)
local function ask(method, parameters, callback)
  client.ready(function(problem)
    if problem then
      notify.error(problem)
      return
    end
    client.request(method, parameters, function(fault, result)
      if fault then
        notify.error(fault)
      else
        callback(result)
      end
    end)
  end)
end

---@param name string
local function select_device(name)
  ask('dictate/selectDevice', { name = name }, function(result)
    -- Otherwise the server said which microphones there are.
    if result.selected == name then
      notify.info(('the microphone is %s'):format(name))
    end
  end)
end

---@param name string
local function device(name)
  if name ~= '' then
    select_device(name)
    return
  end
  ask('dictate/devices', vim.empty_dict(), function(result)
    if #result.devices == 0 then
      notify.warn('there is no microphone: connect one, then retry')
      return
    end
    vim.ui.select(result.devices, {
      prompt = 'Microphone:',
      format_item = function(item)
        local used = item.name == result.selected or (not result.selected and item.isDefault)
        return (used and '* ' or '  ') .. item.name .. (item.isDefault and ' (default)' or '')
      end,
    }, function(choice)
      if choice then
        select_device(choice.name)
      end
    end)
  end)
end

---@param result dictate.StatusResult
---@return string
local function engine_text(result)
  local engine = result.engine
  if not engine then
    return 'not running (it starts with the first dictation)'
  end
  local draft = engine.draft and (' + ' .. engine.draft) or ''
  local change = engine.changingTo and (', changing to ' .. engine.changingTo) or ''
  return ('%s: %s%s on %s, %s%s'):format(
    engine.state,
    engine.target,
    draft,
    engine.device,
    engine.dtype,
    change
  )
end

local function status()
  ask('dictate/status', vim.empty_dict(), function(result)
    local lines = {
      'Dictate ' .. result.version .. ': ' .. result.state,
      'engine      ' .. engine_text(result),
      'microphone  ' .. (result.microphone or 'the default one'),
      'kept        ' .. result.pending .. ' (:Dictate retry, :Dictate discard)',
      'log         ' .. result.logFile,
    }
    if result.download then
      local done = result.download.percentage
      local share = done and (' %d %%'):format(done) or ''
      table.insert(lines, 3, 'download    ' .. result.download.pair .. share)
    end
    vim.list_extend(lines, result.engine and result.engine.notices or {})
    vim.api.nvim_echo({ { table.concat(lines, '\n') } }, true, {})
  end)
end

local function stats()
  ask('dictate/stats', vim.empty_dict(), function(result)
    if result.count == 0 then
      notify.info('no dictation has reached a buffer yet, so there are no times')
      return
    end
    vim.api.nvim_echo({ { table.concat(latency.report(result), '\n') } }, true, {})
  end)
end

local function log()
  ask('dictate/status', vim.empty_dict(), function(result)
    if not vim.uv.fs_stat(result.logFile) then
      notify.info('nothing was logged yet in ' .. result.logFile)
      return
    end
    vim.cmd.split({ args = { vim.fn.fnameescape(result.logFile) } })
    vim.cmd('normal! G')
  end)
end

---@param path string as typed: a blank may or may not be escaped
local function file(path)
  if path == '' then
    notify.error('which recording? Say :Dictate file {path}')
    return
  end
  local full = vim.fn.fnamemodify(path, ':p')
  if not vim.uv.fs_stat(full) then
    full = vim.fn.fnamemodify((path:gsub('\\(.)', '%1')), ':p')
  end
  require('dictate.session').start(full)
end

---@param whose 'path'|'projectPath' the user's own, or the project's
local function vocabulary(whose)
  client.ready(function(problem)
    if problem then
      notify.error(problem)
      return
    end
    client.execute('dictate.vocabulary', nil, function(fault, result)
      if fault then
        notify.error(fault)
      elseif result and result[whose] then
        vim.cmd.split({ args = { vim.fn.fnameescape(result[whose]) } })
      elseif result then
        notify.warn('there is no project here: open one of its files, or say :Dictate vocabulary')
      end
    end)
  end)
end

local function restart()
  client.restart(function(problem)
    if problem then
      notify.error(problem)
    else
      notify.info('the server was started anew')
    end
  end)
end

---@param tag string
local function help(tag)
  if not pcall(vim.cmd.help, tag) then
    notify.error('the help has no tags yet: run :helptags ALL, then retry')
  end
end

---@type table<string, fun(argument: string)>
local subcommands = {
  toggle = function()
    require('dictate').toggle()
  end,
  hold = function()
    require('dictate.hold').press()
  end,
  start = function()
    require('dictate').start()
  end,
  stop = function()
    require('dictate').stop()
  end,
  cancel = function()
    require('dictate').cancel()
  end,
  handsfree = function()
    require('dictate').hands_free()
  end,
  vibe = function()
    require('dictate').vibe()
  end,
  retry = function()
    require('dictate.session').retry()
  end,
  discard = function()
    require('dictate.session').discard()
  end,
  device = device,
  status = status,
  stats = stats,
  log = log,
  restart = restart,
  doctor = function()
    require('dictate.doctor').run()
  end,
  history = function(argument)
    require('dictate.history').run(argument)
  end,
  settings = function()
    help('dictate-options')
  end,
  mappings = function()
    help('dictate-mappings')
  end,
  file = file,
  models = function(argument)
    require('dictate.models').run(argument)
  end,
  raw = function()
    require('dictate').raw()
  end,
  alternatives = function()
    require('dictate').alternatives()
  end,
  mode = function(argument)
    require('dictate').mode(argument)
  end,
  vocabulary = function()
    vocabulary('path')
  end,
  ['vocabulary!'] = function()
    vocabulary('projectPath')
  end,
}

---@type table<string, boolean>
local takes_argument = { device = true, file = true, history = true, mode = true, models = true }

---@param text string everything behind `:Dictate`
function M.run(text)
  local name, argument = text:match('^%s*(%S*)%s*(.-)%s*$')
  if name == '' then
    require('dictate').toggle()
    return
  end
  local subcommand = subcommands[name]
  if not subcommand then
    notify.error(("there is no ':Dictate %s': see :help :Dictate"):format(name))
  elseif argument ~= '' and not takes_argument[name] then
    notify.error((':Dictate %s takes no argument'):format(name))
  else
    subcommand(argument)
  end
end

---@return string[]
local function device_names()
  local names
  client.ready(function(problem)
    if problem then
      names = {}
      return
    end
    client.request('dictate/devices', vim.empty_dict(), function(_, result)
      names = vim.tbl_map(function(item)
        return item.name
      end, result and result.devices or {})
    end)
  end)
  vim.wait(COMPLETION_MS, function()
    return names ~= nil
  end, 10)
  return names or {}
end

---@param candidates string[]
---@param lead string
---@return string[]
local function beginning_with(candidates, lead)
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate:lower(), lead:lower())
  end, candidates)
end

---@param lead string the word under the cursor
---@param line string
---@param column integer
---@return string[]
function M.complete(lead, line, column)
  local before = line:sub(1, column):gsub('^.-Dictate!?%s*', '')
  local name, argument = before:match('^(%S+)%s+(.*)$')
  if not name then
    local names = vim.tbl_keys(subcommands)
    table.sort(names)
    return beginning_with(names, lead)
  end
  if name == 'file' then
    return vim.fn.getcompletion(lead, 'file')
  end
  if name == 'device' then
    -- Neovim replaces the last word only, so of a name of several words the rest is offered.
    local skipped = #argument - #lead
    return vim.tbl_map(function(candidate)
      return candidate:sub(skipped + 1)
    end, beginning_with(device_names(), argument))
  end
  if name == 'history' then
    return argument == lead and beginning_with({ '"', '+' }, lead) or {}
  end
  if name == 'mode' then
    return argument == lead and beginning_with(require('dictate.writing_mode').NAMES, lead) or {}
  end
  if name == 'models' then
    return beginning_with(require('dictate.models').candidates(argument), lead)
  end
  return {}
end

return M
