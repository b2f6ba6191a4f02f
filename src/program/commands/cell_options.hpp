#pragma once

#include "program/study/study.hpp"

namespace digon {

/// The options of a study's cells are those of the commands: n and m, the law, the kind of model, its
/// training, the penalty; and what one feature has besides, -of-K.
CellVocabulary cell_vocabulary();

/// The axis that NAME=VALUES after an option of the command line says; throws InputError where NAME is no
/// option of a cell.
StudyAxis read_axis(const std::string& option, const std::string& text, const CellVocabulary& vocabulary);

}  // namespace digon
