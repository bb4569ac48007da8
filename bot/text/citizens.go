package text

// What the program says of the processes in which pages with citizens' words are served.
const (
	CmdCitizensPages   = "（内部使用）serve 用它在短命的进程里服务公示页"
	CitizensPagesUsage = "用法：qingfeng citizens-pages\n内部命令：由 qingfeng serve 启动，不需要手工运行。"
	CmdDeskPage        = "（内部使用）serve 用它在单独的进程里显示一页意见"
	DeskPageUsage      = "用法：qingfeng desk-page\n内部命令：由 qingfeng serve 启动，不需要手工运行。"
	CmdOuterKeys       = "（内部使用）serve 用它在单独的进程里更换夜间钥匙"
	OuterKeysUsage     = "用法：qingfeng outer-keys\n内部命令：由 qingfeng serve 启动，不需要手工运行。"
	DeskBusy           = "同时打开意见页面的人较多，请过半分钟再试。已提交的内容不受影响。"
	CmdBadProxies      = "应为 IP 地址或网段（如 10.0.0.0/8），多个用逗号隔开。"
)
