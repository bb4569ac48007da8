package text

// What exports say on paper and when they refuse.
const (
	ExportNoSuchForm  = "现在能导出的表：fubiao1（附表1）、fubiao4（附表4）、minutes（会议记录）、grading（审定表）。"
	ExportNothing     = "这个范围内还没有可以导出的表。请检查科室或姓名，或等有人提交后再导出。"
	ExportNoMeeting   = "还没有定级会议的记录。定级完成后再导出。"
	ExportPaper       = "本表由防控办按纸质表代填，经本人确认。"
	ExportPassed      = "同意"
	ExportReturned    = "退回修改"
	ExportDash        = "—"
	ExportLikely      = "大"
	ExportPossible    = "中"
	ExportUnlikely    = "小"
	ExportAdjusted    = "集体审定时调整"
	ExportMeetingName = "%s风险等级审定会"
	ExportAgenda      = "审定廉政风险点及等级"
	ExportSubject     = "%s·%s·%s"
)
