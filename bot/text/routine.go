package text

// What comes back without a campaign (常规任务).
const (
	WordsRoutine    = "常规任务|日常任务|经常性工作|定期任务"
	RoutineOnWords  = "开启|启用|打开"
	RoutineOffWords = "停用|关闭|停止"
	RoutineHead     = "常规任务（开启后按期记为待办，到期前提醒）："
	RoutineLine     = "%s：%s，%s负责，%s"
	RoutineOn       = "已开启，本期%s到期"
	RoutineOff      = "未开启"
	RoutineHow      = "要开启请回“开启%s”，不要了回“停用%s”。"
	RoutineNotYours = "常规任务由防控办设置。您自己的任务，请回“我要办的”。"
	RoutineOpened   = "已开启“%s”：%s，本期%s到期，由%s办。"
	RoutineOver     = "已开启“%s”：%s。本期的日子（%s）已过，从下一期开始。"
	RoutineClosed   = "已停用“%s”，没办的待办也一并撤下。"
	RoutineWaived   = "常规任务已停用"
	RoutineMonth    = "每月"
	RoutineQuarter  = "每季度"
	RoutineHalf     = "每半年"
	RoutineYear     = "每年"
)
