package text

import "fmt"

// `qingfeng ingest` and the upload page: what became of a file.
const (
	CmdIngest   = "把文件读进知识库（txt md html docx doc wps rtf pdf xlsx ofd）"
	CmdReadFile = "（内部使用）ingest 用它在单独的进程里读文件"

	IngestUsage      = "用法：qingfeng ingest 文件或目录… [--visibility internal|public] [--library 名称] [--json]\n      单个文件还可以写明 --title --number --issuer --label --authority --effective 2025-01-01 --repealed 2026-01-01"
	IngestVisibility = "谁能看：internal（本单位）、public（公众）、role:角色、section:科室"
	IngestLibrary    = "放进哪个文件库；不写就是主库"
	IngestTitle      = "文件标题，代替读到的；只能用于单个文件"
	IngestIssuer     = "发文机关，代替读到的"
	IngestNumber     = "文号，代替读到的；只能用于单个文件"
	IngestLabel      = "这一版的叫法，例如 2023年修订；只能用于单个文件"
	IngestAuthority  = "效力级别：宪法、法律、行政法规、司法解释、部门规章、规范性文件、本单位制度、学习材料"
	IngestEffective  = "施行日期，例如 2025-01-01"
	IngestRepealed   = "从哪一天起不再有效，例如 2026-01-01"

	ReadFileUsage = "用法：qingfeng read-file\n内部命令：从标准输入收文件，在标准输出交文字，由 qingfeng ingest 启动，不需要手工运行。"

	IngestNoPath       = "找不到 %s。请检查路径。"
	IngestNoEntry      = "没有权限打开 %s。请检查权限，或换一个能读它的用户运行。"
	IngestBadPath      = "打不开 %s（%v）。请检查路径和磁盘。"
	IngestNothing      = "没有可以读的文件（隐藏文件和办公软件的临时文件不读）。"
	IngestBadVisible   = "不认识的可见范围“%s”。可以写 internal（本单位）、public（公众）、role:角色 或 section:科室。"
	IngestBadAuthority = "不认识的效力级别“%s”。可以写：%s。"
	IngestBadDate      = "日期“%s”不对，请写成 2025-01-01 这样。"
	IngestDatesCross   = "失效日期应在施行日期之后，请核对。"
	IngestOnlyOne      = "--title、--number、--label 只能用于单个文件，这次有 %d 个。请分开运行。"
	IngestStopped      = "已停下。读完的都已入库，再运行一次会接着做。"
	IngestChild        = "读文件的进程启动不了，一份都没有再读。请检查内存和系统的进程限制后再试。详情：%v"

	IngestLine     = "[%d/%d] %s %s：%s"
	IngestProgress = "读文件 [%s%s] %d/%d"
	IngestSummary  = "共%d份：新入库%d，换新版%d，已有%d，待核对%d，没有收下%d。"

	IngestSaved    = "已入库"
	IngestReplaced = "已换新"
	IngestKnown    = "已有"
	IngestReview   = "待核对"
	IngestRefused  = "没收下"

	IngestRead      = "《%s》%d条"
	IngestPages     = "，%d页"
	IngestOldEnds   = "，旧版从新版施行时起不再有效"
	IngestIsKnown   = "和库里的《%s》是同一份，没有改动"
	IngestWithdrawn = "和已撤下的《%s》是同一份，没有重新入库。要恢复请在文件管理页面操作"
	IngestWaiting   = "和库里的《%s》是同一份，还在等人核对"
	IngestOtherwise = "和库里的《%s》是同一份，可见范围没有改。要改请在文件管理页面操作"

	IngestRepaired    = "；原件有重复的字，已修补，请对照原件看一遍"
	IngestInstruction = "；里面有像是写给机器的话，核对以前谁也查不到"
	IngestHidden      = "；有看不见的文字，已去掉"
	IngestLapsed      = "；标题说已废止，但没有日期，请核对后再放开"
	IngestYear        = "；只知道年份，施行日期是推测的，请核对"
)

// IngestLevels are the names of the levels of authority, by their number.
func IngestLevels() []string {
	return []string{"", "学习材料", "本单位制度", "规范性文件", "部门规章", "司法解释", "行政法规", "法律", "宪法"}
}

// IngestFlag says what a person should know of a flag; empty for a code it does not know.
func IngestFlag(code string) string {
	return map[string]string{
		"instruction": IngestInstruction,
		"hidden":      IngestHidden,
		"lapsed":      IngestLapsed,
		"year":        IngestYear,
	}[code]
}

// IngestRefusal says why a file was refused, and what to do.
func IngestRefusal(code string) string {
	why, ok := map[string]string{
		"unknown_format": "不是能读的格式。请另存为 docx、pdf 或 txt 再试。",
		"archive":        "是压缩包。请先解压，再选里面的文件。",
		"encrypted":      "文件有密码或加密。请去掉密码，另存一份再试。",
		"scanned":        "是扫描件或图片，没有文字，需要先做文字识别（OCR）再试。",
		"too_big":        "文件太大。请拆成几份，或删去图片后再试。",
		"bomb":           "解压后大得不正常，可能不是正常的文件。请用办公软件打开，另存一份再试。",
		"broken":         "文件已损坏，打不开。请向来源再要一份，或用办公软件打开后另存。",
		"empty":          "没有读到文字。请确认不是空文件；如果内容是图片，需要先做文字识别（OCR）。",
		"charset":        "文字编码认不出来。请用记事本打开，另存为 UTF-8 再试。",
		"old_xls":        "是旧版 Excel 文件（xls）。请另存为 xlsx 再试。",
		"old_doc":        "是很旧的 Word 文件。请另存为 docx 再试。",
		"no_pdf":         "这里读不了 PDF。请改用 qingfeng ingest，或另存为 docx 再试。",
		"crashed":        "读这份文件时程序出错，已跳过，别的文件不受影响。请用办公软件打开，另存一份再试。",
		"too_slow":       "读这份文件花的时间太长，已跳过。请拆成几份，或另存一份再试。",
		"too_heavy":      "读这份文件要用的内存太多，已跳过。请拆成几份，或删去图片后再试。",
		"changed":        "读的时候文件变短了。请等它写完再试。",
		"unreadable":     "打不开这份文件。请检查权限，以及是不是普通文件。",
	}[code]
	if !ok {
		return fmt.Sprintf("没有读成（%s）。请另存为 docx 或 txt 再试。", code)
	}
	return why
}
