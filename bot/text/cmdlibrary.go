package text

// `qingfeng library`: what may leave for the configured model.
const (
	CmdLibrary           = "看和改哪些文件库、提问可以发给外部模型（默认都不发）"
	CmdLibraryUsage      = "用法：qingfeng library list [--json]\n      qingfeng library set 文件库 --external on|off\n      qingfeng library set --question on|off\n两样都打开后才会外发：大家提的问题，和这个文件库里被引用的条款。打开前请确认其中没有涉密和不宜外传的内容。"
	CmdLibraryExternal   = "这个文件库的条款可否发给外部模型：on 或 off"
	CmdLibraryQuestion   = "大家提的问题可否发给外部模型：on 或 off"
	CmdLibraryLine       = "%s：%s（文件%d份，条款%d条）"
	CmdLibraryAsk        = "大家提的问题：%s"
	CmdLibraryNoEndpoint = "（还没有配置模型服务，现在什么都不会外发。）"
	CmdLibraryNone       = "没有“%s”这个文件库。先用 qingfeng library list 看名称。"
	CmdLibraryOn         = "允许外发"
	CmdLibraryOff        = "不外发"
	DoctorModelOn        = "允许外发：提问，文件库：%s。停止外发：qingfeng library set --question off"
	DoctorNoLibrary      = "（没有打开任何文件库，回答仍只引用原文：qingfeng library set 文件库 --external on）"
)
